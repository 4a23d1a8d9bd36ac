using System.Globalization;
using System.Numerics;
using OpenOva.Relay.Access;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Tests.Access;

/// <summary>
/// The rules once more, as their documentation says them and by other means: windows by walking minutes, networks by comparing bits, everything in one place
/// and from the question itself. Knows no daylight saving: windows must be in UTC.
/// </summary>
internal static class NaiveAccessEvaluator
{
    public static string Reason(AccessQuestion q)
    {
        var again = q.RecheckOf is not null;
        if (again && q.Account == AccountState.Gone) return "account-gone";
        if (again && q.Account == AccountState.Disabled) return "account-disabled";
        if (again && q.Account == AccountState.Unanswered) return "account-unanswered";
        string?[] organisations = [q.Organisation, q.Caller.Organisation, q.Connection?.Organisation, q.Gateway?.Organisation];
        if (organisations.Where(o => o is not null).Distinct().Count() != 1) return "organisation-mismatch";
        if (!q.Caller.Roles.HasFlag(CallerRoles.Operator)) return "operator-role-missing";
        if (q.IsDeclaredInvalid) return "connection-invalid";
        if (q.Connection is null) return "connection-unknown";
        var roles = q.Caller.TokenRoles;
        var rules = q.Policies.SelectMany(p => p.Rules).ToList();
        if (q.BreakGlass)
        {
            var allowing = rules.Where(r => r.Kind == "break-glass").Cast<PolicyRule.BreakGlass>().ToList();
            if (allowing.Count == 0 || allowing.Any(a => !a.Roles.Any(r => roles.Contains(r)))) return "break-glass-not-allowed";
            if (!again && !q.IsReasoned) return "break-glass-unreasoned";
        }
        else if (q.Connection.AudienceRoles.Intersect(roles).Any() == false)
        {
            return "audience-role-missing";
        }

        if (!again && q.ArePoliciesInvalid) return "policy-invalid";
        if (rules.OfType<PolicyRule.SeparationOfDuties>().SelectMany(r => r.ConflictingRoles).Intersect(roles).Any()) return "duty-conflict";
        if (again) return "admitted";
        foreach (var networks in rules.OfType<PolicyRule.SourceNetworks>())
        {
            if (q.Source is null || !networks.Cidrs.Any(cidr => IsIn(cidr, q.Source))) return "source-not-allowed";
        }

        foreach (var mfa in rules.OfType<PolicyRule.MfaRequired>())
        {
            if (Mfa(q, mfa) is { } objection) return objection;
        }

        if (!q.BreakGlass && rules.Any(r => r.Kind == "recording-required") && !q.Connection.Recording.Required) return "recording-missing";
        if (!q.BreakGlass && rules.OfType<PolicyRule.ChangeWindow>().Any(w => !w.Windows.Any(window => ClosesAt(window, q.Now) is not null))) return "outside-change-window";
        if (!q.BreakGlass && NeedsApproval(q) && !Usable(q).Any()) return "approval-missing";
        var limits = rules.OfType<PolicyRule.SessionLimit>().ToList();
        if (limits.Any(l => l.PerPerson is not null && (q.Sessions is null || q.Sessions.OfPerson >= l.PerPerson))) return "person-session-limit";
        return limits.Any(l => l.PerConnection is not null && (q.Sessions is null || q.Sessions.OnConnection >= l.PerConnection)) ? "connection-session-limit" : "admitted";
    }

    /// <summary>When an admitted session is cut, microseconds since the epoch; null: never by time.</summary>
    private static long? Until(AccessQuestion q)
    {
        var ends = new List<DateTimeOffset>();
        foreach (var rule in q.Policies.SelectMany(p => p.Rules))
        {
            if (rule is PolicyRule.MaxDuration longest) ends.Add(q.Now.AddMinutes(longest.Minutes));
            if (rule is PolicyRule.BreakGlass emergency && q.BreakGlass) ends.Add(q.Now.AddMinutes(emergency.MaxMinutes));
            if (rule is PolicyRule.ChangeWindow window && !q.BreakGlass) ends.Add(window.Windows.Select(w => ClosesAt(w, q.Now) ?? DateTimeOffset.MinValue).Max());
        }

        if (!q.BreakGlass && q.Connection!.Jit is { } jit) ends.Add(q.Now.AddMinutes(jit.MaxDurationMinutes));
        if (!q.BreakGlass && NeedsApproval(q)) ends.Add(DateTimeOffset.UnixEpoch.AddMicroseconds(Usable(q).Max(g => g.UntilUs)));
        return ends.Count == 0 ? null : (long)(ends.Min() - DateTimeOffset.UnixEpoch).TotalMicroseconds;
    }

    /// <summary>The policy and the kind of the rule that the reason is named after; null: one that holds without any policy.</summary>
    public static DecidingRule? Rule(AccessQuestion q, string reason)
    {
        var approvers = q.Policies.SelectMany(p => p.Rules).OfType<PolicyRule.ApprovalRequired>().Select(r => r.Approvers).DefaultIfEmpty(0).Max();
        foreach (var policy in q.Policies)
        {
            foreach (var rule in policy.Rules)
            {
                var objects = (reason, rule) switch
                {
                    ("duty-conflict", PolicyRule.SeparationOfDuties duties) => duties.ConflictingRoles.Any(q.Caller.TokenRoles.Contains),
                    ("source-not-allowed", PolicyRule.SourceNetworks networks) => q.Source is null || networks.Cidrs.All(cidr => !IsIn(cidr, q.Source)),
                    ("mfa-unproven" or "mfa-missing" or "sign-in-stale", PolicyRule.MfaRequired mfa) => Mfa(q, mfa) == reason,
                    ("recording-missing", PolicyRule.RecordingRequired) => true,
                    ("outside-change-window", PolicyRule.ChangeWindow window) => window.Windows.All(w => ClosesAt(w, q.Now) is null),
                    // Of several that ask for approval the one that asks for most names it.
                    ("approval-missing", PolicyRule.ApprovalRequired required) => required.Approvers == approvers,
                    ("person-session-limit", PolicyRule.SessionLimit limit) => limit.PerPerson is not null && (q.Sessions is null || q.Sessions.OfPerson >= limit.PerPerson),
                    ("connection-session-limit", PolicyRule.SessionLimit limit) =>
                        limit.PerConnection is not null && (q.Sessions is null || q.Sessions.OnConnection >= limit.PerConnection),
                    ("break-glass-not-allowed", PolicyRule.BreakGlass emergency) => !emergency.Roles.Any(q.Caller.TokenRoles.Contains),
                    _ => false,
                };
                if (objects) return new DecidingRule(policy.Name, policy.Digest, rule.Kind);
            }
        }

        return null;
    }

    /// <summary>What an admitted session is bound to.</summary>
    public static SessionTerms Terms(AccessQuestion q)
    {
        var rules = q.Policies.SelectMany(p => p.Rules).ToList();
        var idles = rules.OfType<PolicyRule.IdleLimit>().ToList();
        var shortest = idles.Count == 0 ? (int?)null : idles.Min(i => i.Minutes);
        return new SessionTerms
        {
            IsRecorded = q.BreakGlass || q.Connection!.Recording.Required,
            IsSynced = q.BreakGlass,
            UntilUs = Until(q),
            IdleSeconds = shortest * 60,
            IdleWarnSeconds = idles.Where(i => i.Minutes == shortest).Select(i => i.WarnSeconds).DefaultIfEmpty(0).Max(),
            Grant = q.BreakGlass || !NeedsApproval(q) ? null : Usable(q).Where(g => g.UntilUs == Usable(q).Max(u => u.UntilUs)).Min(g => g.Request),
            BreakGlass = q.BreakGlass,
            IsSourceBound = rules.OfType<PolicyRule.SourceNetworks>().Any(),
        };
    }

    private static bool NeedsApproval(AccessQuestion q) => q.Connection!.Jit is { RequiredApprovers.Length: > 0 } || ApprovalRules(q).Any();

    private static IEnumerable<PolicyRule.ApprovalRequired> ApprovalRules(AccessQuestion q) => q.Policies.SelectMany(p => p.Rules).OfType<PolicyRule.ApprovalRequired>();

    private static IEnumerable<AccessGrant> Usable(AccessQuestion q)
    {
        var now = (long)(q.Now - DateTimeOffset.UnixEpoch).TotalMicroseconds;
        string[] jit = q.Connection!.Jit is { } terms ? [.. terms.RequiredApprovers] : [];
        string[] anyone = [.. jit.Union(ApprovalRules(q).SelectMany(r => r.Roles))];
        foreach (var grant in q.Grants)
        {
            if (grant.FromUs > now || grant.UntilUs <= now) continue;
            if (jit.Length > 0 && !grant.Approvals.Any(roles => roles.Intersect(jit).Any())) continue;
            var enough = true;
            foreach (var rule in ApprovalRules(q))
            {
                var counting = grant.Approvals.Where(roles => anyone.Length == 0 || roles.Intersect(rule.Roles.Length == 0 ? anyone : [.. rule.Roles]).Any());
                if (counting.Count() < rule.Approvers) enough = false;
            }

            if (enough) yield return grant;
        }
    }

    private static string? Mfa(AccessQuestion q, PolicyRule.MfaRequired rule)
    {
        var (acr, amr) = (q.Caller.Acr ?? "", q.Caller.Amr);
        if (acr == "" && !amr.Any()) return "mfa-unproven";
        var classes = rule.Factors.Count(factor => factor.Value.Intersect(amr).Any());
        if (!rule.Acr.Contains(acr) && !rule.Amr.Intersect(amr).Any() && classes < 2) return "mfa-missing";
        if (rule.MaxAgeMinutes is null) return null;
        if (q.Caller.AuthenticatedAt is null) return "mfa-unproven";
        return q.Caller.AuthenticatedAt.Value.AddMinutes(rule.MaxAgeMinutes.Value) < q.Now ? "sign-in-stale" : null;
    }

    private static bool IsIn(string cidr, System.Net.IPAddress address)
    {
        var (prefix, length) = (System.Net.IPAddress.Parse(cidr.Split('/')[0]), int.Parse(cidr.Split('/')[1], CultureInfo.InvariantCulture));
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var (one, other) = (prefix.GetAddressBytes(), address.GetAddressBytes());
        if (one.Length != other.Length) return false;
        var shift = one.Length * 8 - length;
        return new BigInteger(one, isUnsigned: true, isBigEndian: true) >> shift == new BigInteger(other, isUnsigned: true, isBigEndian: true) >> shift;
    }

    private static DateTimeOffset? ClosesAt(RecurringWindow window, DateTimeOffset now)
    {
        var minute = new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, now.Minute, 0, TimeSpan.Zero);
        for (var back = 0; back < window.Minutes; back++, minute = minute.AddMinutes(-1))
        {
            if (Matches(window.Cron, minute) && minute.AddMinutes(window.Minutes) > now) return minute.AddMinutes(window.Minutes);
        }

        return null;
    }

    private static bool Matches(string cron, DateTimeOffset at)
    {
        var fields = cron.Split(' ');
        return Fits(fields[0], at.Minute) && Fits(fields[1], at.Hour) && Fits(fields[2], at.Day) && Fits(fields[3], at.Month) && Fits(fields[4], (int)at.DayOfWeek);
    }

    private static bool Fits(string field, int value) => field == "*" || field.Split(',').Any(part => part.Split('-') switch
    {
        [var one] => int.Parse(one, CultureInfo.InvariantCulture) == value,
        [var from, var to] => int.Parse(from, CultureInfo.InvariantCulture) <= value && value <= int.Parse(to, CultureInfo.InvariantCulture),
        _ => throw new FormatException(field),
    });
}
