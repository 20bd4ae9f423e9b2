/** The query string as state: what every list takes, and its schema. */
import type { ListParams } from '../../contract/common.js'

export type Format = 'html' | 'json' | 'csv'

/** Most rows of a table in HTML; the rest pages. JSON and CSV give what is asked for. */
export const htmlRows = 500
const jsonRows = 1000

export const formatProperties = {
  format: { type: 'string', enum: ['html', 'json', 'csv'], description: 'html (default), json or csv' },
  wait: {
    type: 'string',
    enum: ['0', '1'],
    description: '0: 202 with the progress instead of waiting until the trace is read',
  },
} as const

const rowProperties = {
  limit: { type: 'integer', minimum: 0, description: 'rows; 0: all' },
  offset: { type: 'integer', minimum: 0, description: 'rows to leave out' },
  filter: { type: 'string', description: 'text anywhere in the row, any case' },
  sortby: { type: 'string', description: 'a column title' },
  order: { type: 'string', enum: ['asc', 'desc', ''] },
  stats: { type: 'string', enum: ['4', '7', '0'], description: 'rows of statistics on the page' },
} as const

export const listProperties = { ...formatProperties, ...rowProperties } as const

type ValueOf<Property> = Property extends { readonly enum: readonly (infer Choice)[] }
  ? Choice
  : Property extends { readonly type: 'integer' | 'number' }
    ? number
    : string

type Given<Properties> = {
  [Name in keyof Properties]: Properties[Name] extends { readonly default: unknown } ? Name : never
}[keyof Properties]

/** A query as the schemas of its parameters leave it; `Required`: those without which it is refused. */
export type QueryOf<Properties, Required extends keyof Properties = never> = {
  readonly [Name in Exclude<keyof Properties, Required | Given<Properties>>]?: ValueOf<Properties[Name]>
} & { readonly [Name in Required | Given<Properties>]: ValueOf<Properties[Name]> }

export type ListQuery = QueryOf<typeof rowProperties>

/** Characters of a parameter: names in a trace have 1024 bytes, and as a filter somebody may paste a stack. */
const LONGEST = 4096

interface ParameterSchema {
  readonly type: string
  readonly enum?: readonly string[]
}

/**
 * A querystring schema; parameters it does not name are ignored. What has no bounds of its own gets those of all texts
 * and numbers.
 */
export function querySchema(
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = [],
): { querystring: object } {
  const bounded = Object.entries(properties).map(([name, property]) => [name, { ...boundsOf(property), ...property }])
  return { querystring: { type: 'object', properties: Object.fromEntries(bounded), required } }
}

function boundsOf(property: object): object {
  const { type, enum: choices } = property as ParameterSchema
  if (type !== 'string') return { maximum: Number.MAX_SAFE_INTEGER }
  return choices === undefined ? { maxLength: LONGEST } : {}
}

export function listParams(query: ListQuery, format: Format): ListParams {
  const asked = query.limit
  const limit =
    format === 'html'
      ? Math.min(asked === undefined || asked === 0 ? htmlRows : asked, htmlRows)
      : (asked ?? (format === 'csv' ? 0 : jsonRows))
  return {
    limit,
    offset: query.offset ?? 0,
    filter: query.filter ?? '',
    sortby: query.sortby ?? '',
    order: query.order ?? '',
  }
}

/** Names and values that a GET form must carry along beside its own fields. */
export function carriedAlong(query: object, ownFields: readonly string[]): { name: string; value: string }[] {
  return Object.entries(query)
    .filter(([name, value]) => value !== undefined && name !== 'format' && !ownFields.includes(name))
    .map(([name, value]) => ({ name, value: String(value) }))
}
