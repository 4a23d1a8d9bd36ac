using System.Collections.Immutable;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace OpenOva.Relay.Identity;

/// <summary>What an issuer's discovery document says of its endpoints; empty where it names none.</summary>
internal sealed record IssuerEndpoints(string Authorization, string Token, string EndSession, bool NamesItself);

/// <summary>
/// The signing keys and endpoints of one issuer, from its discovery document and JWKS. The library's ConfigurationManager refreshes in the background
/// by the ambient clock, so a rotated key would be refused once; this one waits for a refresh that an unknown key id causes, at most one
/// in a cooldown, and never lets a failed refresh drop keys that still are young enough.
/// </summary>
internal sealed class IssuerKeys(IssuerOptions issuer, IdentityOptions options, HttpClient http, TimeProvider time, ILogger<IssuerKeys> log)
{
    private static readonly TimeSpan EmptyRetry = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private ImmutableArray<JsonWebKey> _keys = [];
    private IssuerEndpoints? _endpoints;
    // By the monotonic clock: a wall clock that is set back must not keep old keys alive.
    private long? _fetchedAt;
    private long? _attemptedAt;
    private Task? _refresh;

    public async ValueTask<(TokenRefusal Refusal, IReadOnlyList<JsonWebKey> Keys)> FindAsync(string kid, string algorithm, CancellationToken cancellation)
    {
        var (keys, fresh) = Current();
        if (keys.IsEmpty)
        {
            await RefreshAsync(EmptyRetry).WaitAsync(cancellation);
            (keys, _) = Current();
            if (keys.IsEmpty)
                return (TokenRefusal.KeysUnavailable, []);
        }
        else if (!fresh)
        {
            // Beside the use: nobody waits while the keys at hand still count.
            _ = RefreshAsync(options.KeyRefreshCooldown);
        }

        var found = Matching(keys, kid, algorithm);
        if (found.Count == 0 && keys.All(key => key.Kid != kid))
        {
            await RefreshAsync(options.KeyRefreshCooldown).WaitAsync(cancellation);
            found = Matching(Current().Keys, kid, algorithm);
        }
        return found.Count == 0 ? (TokenRefusal.UnknownKey, []) : (TokenRefusal.None, found);
    }

    /// <summary>Null while the issuer cannot be asked.</summary>
    public async ValueTask<IssuerEndpoints?> EndpointsAsync(CancellationToken cancellation)
    {
        if (Current().Keys.IsEmpty)
            await RefreshAsync(EmptyRetry).WaitAsync(cancellation);
        lock (_gate)
            return _endpoints;
    }

    private (ImmutableArray<JsonWebKey> Keys, bool Fresh) Current()
    {
        lock (_gate)
        {
            var age = _fetchedAt is { } at ? time.GetElapsedTime(at) : TimeSpan.MaxValue;
            return age < options.KeyMaximumAge ? (_keys, age < options.KeyRefreshInterval) : ([], false);
        }
    }

    private static List<JsonWebKey> Matching(ImmutableArray<JsonWebKey> keys, string kid, string algorithm) =>
        [.. keys.Where(key => key.Kid == kid && SigningAlgorithms.Fits(key, algorithm))];

    // One refresh at a time, whoever asks; it belongs to no caller, so no caller's cancellation ends it (the HTTP client's timeout does).
    private Task RefreshAsync(TimeSpan cooldown)
    {
        lock (_gate)
        {
            if (_refresh is { IsCompleted: false })
                return _refresh;
            if (_attemptedAt is { } at && time.GetElapsedTime(at) < cooldown)
                return Task.CompletedTask;
            _attemptedAt = time.GetTimestamp();
            return _refresh = FetchAsync();
        }
    }

    private async Task FetchAsync()
    {
        // Leaves the lock of the caller before anything slow happens.
        await Task.Yield();
        try
        {
            var documents = new HttpDocumentRetriever(http) { RequireHttps = !IssuerAddress.MayUseHttp(issuer) };
            var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(issuer.EffectiveMetadataAddress, documents, CancellationToken.None);
            // A document of another issuer would let that one sign for this one (RFC 8414, section 3.3).
            if (configuration.Issuer != issuer.Issuer)
            {
                IdentityLog.DiscoveryOfAnotherIssuer(log, issuer.Issuer);
                return;
            }
            var keys = configuration.JsonWebKeySet.Keys.Where(SigningAlgorithms.IsSigningKey).ToImmutableArray();
            if (keys.IsEmpty)
            {
                IdentityLog.NoSigningKeys(log, issuer.Issuer);
                return;
            }
            lock (_gate)
            {
                _keys = keys;
                _endpoints = EndpointsOf(configuration);
                _fetchedAt = time.GetTimestamp();
            }
        }
        catch (Exception e)
        {
            IdentityLog.KeysNotFetched(log, issuer.Issuer, e);
        }
    }

    private static IssuerEndpoints EndpointsOf(OpenIdConnectConfiguration configuration) => new(
        configuration.AuthorizationEndpoint ?? "", configuration.TokenEndpoint ?? "", configuration.EndSessionEndpoint ?? "",
        configuration.AuthorizationResponseIssParameterSupported);
}
