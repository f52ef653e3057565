/**
 * An OpenAPI document as the JSON Schema of one object: by path and method, the parameters, bodies
 * and answers of a call, in the shape that openapi-fetch reads.
 */
export function schemaOfCalls({ info, paths, components }) {
  const calls = mapped(paths, (methods) => objectOf(mapped(methods, callOf)));
  return { title: "Calls", description: info.description, ...objectOf(calls), components };
}

function callOf({ description, parameters, requestBody, responses }) {
  const call = { responses: objectOf(mapped(responses, bodyOf)) };
  if (parameters) call.parameters = objectOf({ path: parametersOf(parameters) });
  if (requestBody) call.requestBody = bodyOf(requestBody);
  return { ...objectOf(call), description };
}

function parametersOf(parameters) {
  const schemas = parameters.map(({ name, description }) => [
    name,
    { type: "string", description },
  ]);
  return objectOf(Object.fromEntries(schemas));
}

function bodyOf({ description, content }) {
  return {
    ...objectOf({ content: objectOf(mapped(content, ({ schema }) => schema)) }),
    description,
  };
}

/** An object that has all of these properties and no others. */
function objectOf(properties) {
  const required = Object.keys(properties);
  return { type: "object", additionalProperties: false, required, properties };
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
