// Requests to the server of the review. Away: it does not answer, or cannot do what is asked just now.

export class Away extends Error {}

const ANSWERS = [200, 400, 409, 413];

export async function ask(path, body) {
  const put = body === undefined ? {} : { method: "PUT", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  let answer, data;
  try {
    answer = await fetch(path, { ...put, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(10_000) });
    data = await answer.json();
  } catch {
    throw new Away("the server does not answer");
  }
  if (!ANSWERS.includes(answer.status)) throw new Away(data.error ?? `the server answers ${answer.status}`);
  return { status: answer.status, data };
}
