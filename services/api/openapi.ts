// The table of routes as OpenAPI 3.1: made from the very schemas that check requests, so it cannot say anything else.

import { z } from 'zod'
import type { Answer, Route } from './route.ts'
import { problem } from './shapes.ts'

type Json = Record<string, unknown>

/** The document. Format: OpenAPI Specification 3.1.1, spec.openapis.org. */
export function describeApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rolewatch',
      version,
      description:
        'Postings of job boards with their history. Lists go on with next_cursor; every error is problem details (RFC 9457). Without any token the API is open on this machine alone.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'rolewatch token create <name> --scope read' } },
    },
  }
}

function operationOf(route: Route): Json {
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.scope === null ? {} : { security: [{ token: [] }], description: `Scope: ${route.scope}.` }),
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer)])),
      default: {
        description: 'What went wrong',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function answerOf({ description, schema, types }: Answer): Json {
  const content = Object.fromEntries((types ?? []).map((type) => [type, { schema: { type: 'string' } }]))
  if (schema) content['application/json'] = { schema: schemaOf(schema, 'output') as { type: string } }
  return { description, ...(Object.keys(content).length > 0 ? { content } : {}) }
}

function parametersOf(object: z.ZodObject, where: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(object, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
