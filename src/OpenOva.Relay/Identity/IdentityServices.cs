using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Identity.Development;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Identity;

internal static class IdentityServices
{
    private const string KeysClient = "relay-identity";
    private const int MaximumDocumentBytes = 1024 * 1024;
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Authentication by the issuers' tokens, and authorization that denies what no call declares. Register a <see cref="RecordAccountMapping"/> before,
    /// to have mappings ledgered.
    /// </summary>
    public static IServiceCollection AddRelayIdentity(this IServiceCollection services)
    {
        services.AddRelayOptions<IdentityOptions, IdentityRules>(IdentityOptions.Section);
        services.TryAddSingleton<RelayMetrics>();
        services.AddHttpClient(KeysClient, client =>
            {
                client.Timeout = FetchTimeout;
                client.MaxResponseContentBufferSize = MaximumDocumentBytes;
            })
            // Every question would be a line, with an account's id in it.
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
        services.AddSingleton(provider => new TokenValidator(
            provider.GetRequiredService<IdentityOptions>(),
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(KeysClient),
            provider.GetRequiredService<SignOuts>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<IssuerKeys>>()));
        services.AddSingleton(provider => new RecheckedIssuers(
            provider.GetRequiredService<IdentityOptions>(),
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(KeysClient),
            provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<RecheckNotice>();
        services.AddSingleton<RefusedTokens>();
        services.AddSingleton<SignIns>();
        services.TryAddSingleton<RecordAccountMapping>((_, _) => Task.CompletedTask);
        services.AddSingleton<PersonAccounts>();
        services.AddSingleton<Persons>();
        services.AddSingleton<SignOuts>();
        services.AddSingleton<CallerStanding>();
        services.AddSingleton(provider => new DevelopmentIssuer(
            provider.GetRequiredService<IdentityOptions>().Development ?? new DevelopmentIssuerOptions(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<DevelopmentIssuerGuard>();

        services.AddAuthentication(RelayAuthenticationHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, RelayAuthenticationHandler>(RelayAuthenticationHandler.SchemeName, null);
        services.AddSingleton<IAuthorizationHandler, CallAuthorization>();
        var declared = new AuthorizationPolicyBuilder(RelayAuthenticationHandler.SchemeName).AddRequirements(new DeclaredCallRequirement()).Build();
        services.AddAuthorizationBuilder().SetFallbackPolicy(declared).SetDefaultPolicy(declared);
        return services;
    }

    /// <summary>Signing in with a browser, and the sign-ins that are held in the database.</summary>
    public static IServiceCollection AddBrowserSignIn(this IServiceCollection services)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<CodeFlow>(
            provider, provider.GetRequiredService<IHttpClientFactory>().CreateClient(KeysClient)));
        services.AddSingleton<BrowserSessions>();
        services.AddSingleton<BrowserRoutes>();
        services.AddSingleton<PersonNames>();
        return services;
    }
}
