import type * as vscode from 'vscode';

/** Lets a row be spoken by what stands in it. The editor would speak the tooltip alone, where that is plain text. */
export function spoken(item: vscode.TreeItem): vscode.TreeItem {
  const label = typeof item.label === 'string' ? item.label : (item.label?.label ?? '');
  const description = typeof item.description === 'string' ? item.description : '';
  item.accessibilityInformation = { label: [label, description].filter((part) => part !== '').join(', ') };
  return item;
}
