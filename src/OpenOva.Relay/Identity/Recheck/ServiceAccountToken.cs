using System.Text.Json;

namespace OpenOva.Relay.Identity.Recheck;

/// <summary>The access token of Relay's own client at an issuer, by client credentials; kept until shortly before it expires.</summary>
internal sealed class ServiceAccountToken(IssuerOptions issuer, HttpClient http, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private string? _token;
    private long _gotAt;
    private TimeSpan _life;

    /// <exception cref="IssuerUnansweredException">The issuer gave none.</exception>
    public async Task<string> GetAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_token is { } kept && time.GetElapsedTime(_gotAt) < _life)
                return kept;
            var recheck = issuer.Recheck!;
            var asked = time.GetTimestamp();
            var form = new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = recheck.ClientId,
                ["client_secret"] = (await File.ReadAllTextAsync(recheck.SecretFile, cancellation)).Trim(),
            };
            using var content = new FormUrlEncodedContent(form);
            using var response = await http.PostAsync(RecheckOptions.TokenEndpointOf(issuer), content, cancellation);
            // The body of a refusal may repeat what was sent.
            if (!response.IsSuccessStatusCode)
                throw new IssuerUnansweredException($"the issuer refused a token to the client of Recheck with {(int)response.StatusCode}");
            var answer = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            _token = answer.GetProperty("access_token").GetString();
            var life = TimeSpan.FromSeconds(answer.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt32(out var given) ? given : 0) - Margin;
            (_gotAt, _life) = (asked, life < MaximumAge ? life : MaximumAge);
            return _token ?? throw new IssuerUnansweredException("the issuer gave no token");
        }
        catch (KeyNotFoundException exception)
        {
            throw new IssuerUnansweredException("the issuer gave no token", exception);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    public void Drop() => _life = TimeSpan.Zero;
}
