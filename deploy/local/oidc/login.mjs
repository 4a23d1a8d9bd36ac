// The sign-in page of the authorization code flow: a form with Keycloak's field names.
const PAGE = `<!doctype html><title>Sign in</title>
<form id="kc-form-login" method="post"><input id="username" name="username" autofocus><input id="password" name="password" type="password">
<button id="kc-login">Sign in</button></form>`;

export const answerLogin = async (realm, request, response, text) => {
  if (request.method !== 'POST') return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
  const form = new URLSearchParams(await text(request));
  const user = realm.directory.users.get(form.get('username'));
  if (!user?.enabled || !user.password || user.password !== form.get('password')) {
    return response.writeHead(401, { 'content-type': 'text/html' }).end(`${PAGE}<p>Invalid username or password.</p>`);
  }
  // The provider reads the interaction's cookie by the path it was set for.
  const login = { accountId: user.id, acr: user.acr, amr: user.amr };
  return realm.provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
};
