using System.Buffers.Text;
using System.CommandLine;
using System.Text.Json;

namespace OpenOva.Relay.GatewayClient;

/// <summary><c>relay-gateway-client sign-in</c></summary>
internal static class SignInVerb
{
    public static Command Create()
    {
        var token = new Option<bool>("--token") { Description = "Print the person's access token and nothing else, for other gRPC clients. It is a secret." };
        return GatewayCommandLine.Verb("sign-in", "Get the person's token and say what it claims.", [token], async (api, parsed, answer, cancellation) =>
        {
            var access = await api.PersonTokenAsync(cancellation);
            if (parsed.GetValue(token))
            {
                Console.Out.WriteLine(access);
                return ExitCode.Done;
            }

            // For show alone: who trusts a token checks its signature first, and that is Relay's to do.
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(access.Split('.')[1]));
            var issuer = claims.RootElement.GetProperty("iss").GetString();
            var subject = claims.RootElement.GetProperty("sub").GetString();
            var roles = claims.RootElement.TryGetProperty("realm_access", out var realm) && realm.TryGetProperty("roles", out var list)
                ? list.EnumerateArray().Select(role => role.GetString()).ToArray()
                : [];
            var expires = DateTimeOffset.FromUnixTimeSeconds(claims.RootElement.GetProperty("exp").GetInt64());
            answer.Write(
                parsed, new { issuer, subject, roles, expires },
                $"subject  {subject} of {issuer}", $"roles    {string.Join(", ", roles)}", $"expires  {expires:u}");
            return ExitCode.Done;
        });
    }
}
