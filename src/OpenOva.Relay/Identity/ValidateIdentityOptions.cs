using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace OpenOva.Relay.Identity;

/// <summary>Gathers every fault of <c>Relay:Identity</c>, each with the key to set.</summary>
internal sealed partial class ValidateIdentityOptions(IHostEnvironment environment) : IValidateOptions<IdentityOptions>
{
    public ValidateOptionsResult Validate(string? name, IdentityOptions options)
    {
        List<string> faults = [];
        if (options.Issuers.Count == 0)
            faults.Add("Relay:Identity:Issuers is empty: at least one issuer is needed.");
        for (var i = 0; i < options.Issuers.Count; i++)
            CheckIssuer(options.Issuers[i], $"Relay:Identity:Issuers:{i}", faults);
        foreach (var twice in options.Issuers.GroupBy(issuer => issuer.Issuer, StringComparer.Ordinal).Where(group => group.Count() > 1))
            faults.Add($"Relay:Identity:Issuers names {twice.Key} more than once.");

        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > TimeSpan.FromMinutes(2))
            faults.Add("Relay:Identity:ClockSkew must be from 0 to 2 minutes.");
        if (options.MaximumTokenLength is < 1024 or > 64 * 1024)
            faults.Add("Relay:Identity:MaximumTokenLength must be from 1024 to 65536.");
        if (options.KeyRefreshCooldown < TimeSpan.FromSeconds(1))
            faults.Add("Relay:Identity:KeyRefreshCooldown must be at least 1 second.");
        if (options.KeyRefreshInterval < options.KeyRefreshCooldown)
            faults.Add("Relay:Identity:KeyRefreshInterval must not be shorter than KeyRefreshCooldown.");
        if (options.KeyMaximumAge < options.KeyRefreshInterval)
            faults.Add("Relay:Identity:KeyMaximumAge must not be shorter than KeyRefreshInterval.");
        if (options.RefusalsPerMinute is < 1 or > 1000)
            faults.Add("Relay:Identity:RefusalsPerMinute must be from 1 to 1000.");
        CheckDevelopment(options, faults);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckIssuer(IssuerOptions issuer, string key, List<string> faults)
    {
        if (!Uri.TryCreate(issuer.Issuer, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            faults.Add($"{key}:Issuer must be an absolute http(s) address, exactly as tokens state it in iss.");
        else if (!Uri.TryCreate(issuer.EffectiveMetadataAddress, UriKind.Absolute, out var metadata) || metadata.Scheme is not ("https" or "http"))
            faults.Add($"{key}:MetadataAddress must be an absolute http(s) address.");
        else if (metadata.Scheme != "https" && !IssuerAddress.MayUseHttp(issuer))
            faults.Add($"{key}:MetadataAddress is plain http beyond loopback: use https, or set {key}:AllowHttp where the path is protected otherwise.");
        if (!OrganisationName().IsMatch(issuer.Organisation))
            faults.Add($"{key}:Organisation must be a DNS label (a-z, 0-9, hyphen; at most 63 characters).");
        if (issuer.Audience.Length == 0)
            faults.Add($"{key}:Audience must name the client id that tokens carry in aud.");
        foreach (var role in issuer.Roles.Keys.Where(role => !CallerRoleNames.ByName.ContainsKey(role)))
            faults.Add($"{key}:Roles:{role} is no relay role; known are {string.Join(", ", CallerRoleNames.ByName.Keys.Order(StringComparer.Ordinal))}.");
    }

    private void CheckDevelopment(IdentityOptions options, List<string> faults)
    {
        if (options.Development is not { } development)
            return;
        if (!environment.IsDevelopment())
            faults.Add($"Relay:Identity:Development is set, but the environment is {environment.EnvironmentName}: the development issuer exists in Development only. Remove the section.");
        if (!Uri.TryCreate(development.BaseAddress, UriKind.Absolute, out var address) || !IssuerAddress.IsLoopback(address))
            faults.Add("Relay:Identity:Development:BaseAddress must be an absolute address on loopback.");
        if (development.AccessTokenLifetime <= TimeSpan.Zero || development.AccessTokenLifetime > TimeSpan.FromDays(1))
            faults.Add("Relay:Identity:Development:AccessTokenLifetime must be from 1 second to 1 day.");
        if (development.Realms.Count == 0)
            faults.Add("Relay:Identity:Development:Realms is empty.");
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex OrganisationName();
}
