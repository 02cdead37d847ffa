export interface StoreLogLine {
  level: 'info' | 'warn' | 'error';
  message: string;
  facts?: Record<string, string | number | boolean | null>;
}

export type StoreLog = (line: StoreLogLine) => void;
