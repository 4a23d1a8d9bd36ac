using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Access;

/// <summary>How a person signed in, by the claims of his token and a policy's mapping of them.</summary>
internal static class SignInStrength
{
    private const int FactorClasses = 2;

    /// <summary>Admitted, MfaUnproven, MfaMissing or SignInStale.</summary>
    public static AccessReason Judge(AccessInputs inputs, PolicyRule.MfaRequired rule)
    {
        if (string.IsNullOrEmpty(inputs.Acr) && inputs.Amr.Count == 0) return AccessReason.MfaUnproven;
        if (!UsedSeveralFactors(inputs, rule)) return AccessReason.MfaMissing;
        if (rule.MaxAgeMinutes is not { } minutes) return AccessReason.Admitted;
        if (inputs.AuthenticatedAt is not { } at) return AccessReason.MfaUnproven;
        return inputs.Now - at > TimeSpan.FromMinutes(minutes) ? AccessReason.SignInStale : AccessReason.Admitted;
    }

    private static bool UsedSeveralFactors(AccessInputs inputs, PolicyRule.MfaRequired rule) =>
        (inputs.Acr is { } acr && rule.Acr.Contains(acr))
        || rule.Amr.Any(inputs.Amr.Contains)
        || rule.Factors.Values.Count(methods => methods.Any(inputs.Amr.Contains)) >= FactorClasses;
}
