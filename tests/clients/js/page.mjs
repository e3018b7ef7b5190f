// SPDX-License-Identifier: Apache-2.0
// The registration page: a buyer's browser posts a form whose field is the registration token.
const FIELD = 'x-amzn-marketplace-token';
const STATUS = { resolved: 303, refused: 400, failed: 503 };

/**
 * {status, headers, known}: what the web server replies, and what register(token, user) said of the token
 * (undefined: it was not asked). The token comes by POST and in the form alone, decoded once; whatever else
 * the browser says is not believed. It is resolved at once and kept nowhere: not in a cookie, not in a log.
 */
export async function answerPage({ method, body, user }, register) {
  const headers = { 'Content-Type': 'text/html; charset=utf-8' };
  if (method !== 'POST') {
    return { status: 405, headers: { ...headers, Allow: 'POST' } };
  }
  const token = new URLSearchParams(body ?? '').get(FIELD);
  if (!token) {
    return { status: 400, headers };
  }
  const known = await register(token, user ?? '');
  if (known.state === 'resolved') {
    headers.Location = '/welcome';
    headers['Set-Cookie'] = ['session=1; HttpOnly; Secure; SameSite=Lax'];
  }
  return { status: STATUS[known.state], headers, known };
}
