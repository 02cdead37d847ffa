interface Node {
  weight: number;
  symbols: number[];
}

/**
 * Code lengths of a Huffman code in which every symbol has one, none longer than `limit`. Where the optimal code is too
 * deep the weights are flattened and the code is made anew, as bzip2 itself does.
 */
export function codeLengths(frequencies: readonly number[], limit: number): number[] {
  let weights = frequencies.map((frequency) => Math.max(frequency, 1));
  for (;;) {
    const lengths = build(weights);
    if (Math.max(...lengths) <= limit) return lengths;
    weights = weights.map((weight) => (weight >> 1) + 1);
  }
}

/** Canonical codes: shorter first, equal lengths in the order of symbols. */
export function canonicalCodes(lengths: readonly number[]): number[] {
  const codes = new Array<number>(lengths.length).fill(0);
  let code = 0;
  for (let length = 1; length <= Math.max(...lengths); length += 1) {
    for (const [symbol, own] of lengths.entries()) {
      if (own !== length) continue;
      codes[symbol] = code;
      code += 1;
    }
    code <<= 1;
  }
  return codes;
}

function build(weights: readonly number[]): number[] {
  const lengths = new Array<number>(weights.length).fill(0);
  const nodes: Node[] = weights.map((weight, symbol) => ({ weight, symbols: [symbol] }));
  while (nodes.length > 1) {
    nodes.sort((a, b) => b.weight - a.weight || (b.symbols[0] ?? 0) - (a.symbols[0] ?? 0));
    const [one, two] = [nodes.pop()!, nodes.pop()!];
    const symbols = [...one.symbols, ...two.symbols];
    for (const symbol of symbols) lengths[symbol]! += 1;
    nodes.push({ weight: one.weight + two.weight, symbols });
  }
  return lengths;
}
