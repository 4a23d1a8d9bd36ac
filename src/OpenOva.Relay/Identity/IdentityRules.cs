using System.Text.RegularExpressions;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Identity;

internal sealed partial class IdentityRules(IHostEnvironment environment) : OptionsRules<IdentityOptions>(IdentityOptions.Section)
{
    protected override void Check(IdentityOptions options)
    {
        if (options.Issuers.Count == 0)
            Fail("Issuers", "must name at least one issuer");
        for (var i = 0; i < options.Issuers.Count; i++)
        {
            CheckIssuer(options.Issuers[i], $"Issuers:{i}");
            if (options.Issuers.Take(i).Any(earlier => earlier.Issuer == options.Issuers[i].Issuer))
                Fail($"Issuers:{i}:Issuer", "must not stand twice");
        }

        for (var i = 0; i < options.AccountPersons.Count; i++)
            CheckAccount(options, i);

        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > TimeSpan.FromMinutes(5))
            Fail("ClockSkew", "must be from 0 to 5 minutes");
        if (options.MaximumTokenLifetime < TimeSpan.FromMinutes(1) || options.MaximumTokenLifetime > TimeSpan.FromDays(7))
            Fail("MaximumTokenLifetime", "must be from 1 minute to 7 days");
        Range("RefusedLogoutsPerSecond", options.RefusedLogoutsPerSecond, 1, 10_000);
        Range("MaximumTokenLength", options.MaximumTokenLength, 1024, 64 * 1024);
        if (options.KeyRefreshCooldown < TimeSpan.FromSeconds(1))
            Fail("KeyRefreshCooldown", "must be at least 1 second");
        if (options.KeyRefreshInterval < options.KeyRefreshCooldown)
            Fail("KeyRefreshInterval", "must not be shorter than KeyRefreshCooldown");
        if (options.KeyMaximumAge < options.KeyRefreshInterval)
            Fail("KeyMaximumAge", "must not be shorter than KeyRefreshInterval");
        foreach (var (name, time) in (ReadOnlySpan<(string, TimeSpan)>)[("Idle", options.BrowserSessions.Idle), ("Lifetime", options.BrowserSessions.Lifetime)])
        {
            if (time < TimeSpan.FromMinutes(1) || time > TimeSpan.FromHours(24))
                Fail($"BrowserSessions:{name}", "must be from 1 minute to 24 hours");
        }

        Range("RefusalsPerMinute", options.RefusalsPerMinute, 1, 1000);
        if (options.Development is not null)
            CheckDevelopment(options);
    }

    private void CheckIssuer(IssuerOptions issuer, string key)
    {
        if (!IsHttp(issuer.Issuer, out _))
            Fail($"{key}:Issuer", "must be an absolute http(s) address, exactly as tokens state it in iss");
        else if (!IsHttp(issuer.EffectiveMetadataAddress, out var metadata))
            Fail($"{key}:MetadataAddress", "must be an absolute http(s) address");
        else if (metadata.Scheme != Uri.UriSchemeHttps && !IssuerAddress.MayUseHttp(issuer))
            Fail($"{key}:MetadataAddress", $"is plain http beyond loopback: use https, or set {key}:AllowHttp where the path is protected otherwise");
        if (!OrganisationName().IsMatch(issuer.Organisation))
            Fail($"{key}:Organisation", "must be a DNS label (a-z, 0-9, hyphen; at most 63 characters)");
        if (issuer.Audience.Length == 0)
            Fail($"{key}:Audience", "must name the client id that tokens carry in aud");
        CheckRoles(issuer, key);
        if (issuer.PersonClaim is { Length: 0 })
            Fail($"{key}:PersonClaim", "must name a claim, or be left out");
        if (issuer.Browser is { } browser)
            CheckBrowser(browser, $"{key}:Browser");
        if (issuer.Recheck is { } recheck)
            CheckRecheck(issuer, recheck, $"{key}:Recheck");
    }

    private void CheckBrowser(BrowserClientOptions browser, string key)
    {
        if (browser.ClientId.Length == 0)
            Fail($"{key}:ClientId", "must name the client that people sign in through");
        if (browser.SecretFile.Length > 0)
            FileReadable($"{key}:SecretFile", browser.SecretFile);
        if (!browser.Scope.Split(' ').Contains("openid"))
            Fail($"{key}:Scope", "must contain openid");
    }

    private void CheckRoles(IssuerOptions issuer, string key)
    {
        foreach (var role in issuer.Roles.Keys.Where(role => !CallerRoleNames.ByName.ContainsKey(role)))
            Fail($"{key}:Roles:{role}", $"is no relay role; known are {string.Join(", ", CallerRoleNames.ByName.Keys.Order(StringComparer.Ordinal))}");
        foreach (var (name, mapping) in issuer.Roles.Select(role => ($"Roles:{role.Key}", role.Value)).Concat(issuer.AudienceRoles.Select(role => ($"AudienceRoles:{role.Key}", role.Value))))
        {
            if (!mapping.Groups.All(GroupPath.IsPattern))
                Fail($"{key}:{name}:Groups", "must be full group paths such as /top/sub, or /top/* for all below");
            if (mapping.ClientRoles.Any(role => role.Client.Length == 0 || role.Role.Length == 0))
                Fail($"{key}:{name}:ClientRoles", "must name Client and Role");
        }
        if (issuer.GroupsClaim.Length == 0)
            Fail($"{key}:GroupsClaim", "must name a claim");
    }

    private void CheckRecheck(IssuerOptions issuer, RecheckOptions recheck, string key)
    {
        if (recheck.Interval < TimeSpan.FromSeconds(5) || recheck.Interval > TimeSpan.FromMinutes(15))
            Fail($"{key}:Interval", "must be from 5 seconds to 15 minutes");
        if (recheck.Grace < TimeSpan.Zero || recheck.Grace > TimeSpan.FromHours(24))
            Fail($"{key}:Grace", "must be from 0 to 24 hours");
        if (recheck.ClientId.Length == 0)
            Fail($"{key}:ClientId", "must name a client whose service account may view users and clients");
        if (recheck.SecretFile.Length == 0)
            Fail($"{key}:SecretFile", "must name a readable file");
        else
            FileReadable($"{key}:SecretFile", recheck.SecretFile);
        if (recheck.AdminBaseOf(issuer) is not { } admin)
            Fail($"{key}:AdminBase", "must be an absolute http(s) address where the issuer's has no /realms/ to derive it from");
        else if (admin.Scheme != Uri.UriSchemeHttps && !issuer.AllowHttp && !IssuerAddress.IsLoopback(admin))
            Fail($"{key}:AdminBase", "is plain http beyond loopback: use https, or allow http for the issuer where the path is protected otherwise");
        if (issuer.AudienceRoleClients.Contains("*"))
            Fail($"{key}", "needs every client in AudienceRoleClients by its name: roles of all clients cannot be asked for");
    }

    private void CheckAccount(IdentityOptions options, int index)
    {
        var account = options.AccountPersons[index];
        if (options.Issuers.All(issuer => issuer.Issuer != account.Issuer))
            Fail($"AccountPersons:{index}:Issuer", "must be one of the configured issuers");
        if (account.Subject.Length == 0)
            Fail($"AccountPersons:{index}:Subject", "must name the account's sub");
        if (account.Person.Length == 0)
            Fail($"AccountPersons:{index}:Person", "must be set");
        if (options.AccountPersons.Take(index).Any(earlier => earlier.Issuer == account.Issuer && earlier.Subject == account.Subject))
            Fail($"AccountPersons:{index}", "must not name an account twice");
    }

    private void CheckDevelopment(IdentityOptions options)
    {
        var development = options.Development!;
        if (!environment.IsDevelopment())
            Fail("Development", $"is set, but the environment is {environment.EnvironmentName}: the development issuer exists in Development only. Remove the section");
        if (!IsHttp(development.BaseAddress, out var address) || !IssuerAddress.IsLoopback(address))
            Fail("Development:BaseAddress", "must be an absolute address on loopback");
        if (development.AccessTokenLifetime < TimeSpan.FromSeconds(1) || development.AccessTokenLifetime > TimeSpan.FromDays(1))
            Fail("Development:AccessTokenLifetime", "must be from 1 second to 1 day");
        if (development.Realms.Count == 0)
            Fail("Development:Realms", "must name at least one realm");
        for (var i = 0; i < development.Realms.Count; i++)
        {
            if (development.Realms[i].Name.Length == 0 || development.Realms.Take(i).Any(earlier => earlier.Name == development.Realms[i].Name))
                Fail($"Development:Realms:{i}:Name", "must be set, and not stand twice");
        }
    }

    private static bool IsHttp(string text, out Uri address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address!) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp);

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex OrganisationName();
}
