interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  description?: string;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

const ERROR_DOCUMENT = 'What went wrong';

/** The members of a schema as a nested Markdown list, for people. Begins with a space or a line break. */
export function describeMembers(raw: Record<string, unknown>): string {
  const schema = raw as Schema;
  if (schema.type === 'object' && Object.keys(schema.properties ?? {}).length === 0) return ' `{}`';
  if (schema.properties !== undefined) return `\n\n${members(schema, 0)}`;
  const below = nested(schema, 0);
  return ` ${typeText(schema)}${below === '' ? '' : `\n\n${below.replace(/^\n/, '')}`}`;
}

function members(schema: Schema, depth: number): string {
  return Object.entries(schema.properties ?? {})
    .map(([name, member]) => {
      const optional = schema.required?.includes(name) === true ? '' : ', optional';
      const note = member.description === undefined || isErrorDocument(member) ? '' : ` — ${member.description}`;
      return `${'  '.repeat(depth)}- \`${name}\`: ${typeText(member)}${optional}${note}${nested(member, depth + 1)}`;
    })
    .join('\n');
}

function nested(schema: Schema, depth: number): string {
  if (isErrorDocument(schema)) return '';
  if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) {
    return `\n${members(schema, depth)}`;
  }
  if (schema.items !== undefined) return nested(schema.items, depth);
  const choices = schema.anyOf ?? schema.oneOf ?? [];
  const objects = choices.filter((choice) => choice.properties !== undefined && !isErrorDocument(choice));
  if (objects.length === 1 && objects[0] !== undefined) return nested(objects[0], depth);
  return objects
    .map((choice, at) => `\n${'  '.repeat(depth)}- ${at === 0 ? 'either' : 'or'}:${nested(choice, depth + 1)}`)
    .join('');
}

function typeText(schema: Schema): string {
  if (isErrorDocument(schema)) return '[error document](#errors)';
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeText))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeText(schema.items)}`;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object' && schema.properties === undefined) {
    return `map of ${typeText(schema.additionalProperties)}`;
  }
  if (schema.pattern !== undefined) return `string matching \`${schema.pattern}\``;
  return [schema.type ?? 'anything'].flat().join(' or ');
}

function isErrorDocument(schema: Schema): boolean {
  return schema.description?.startsWith(ERROR_DOCUMENT) === true;
}
