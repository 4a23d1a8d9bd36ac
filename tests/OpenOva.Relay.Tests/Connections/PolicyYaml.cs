using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Tests.Connections;

internal static class PolicyYaml
{
    /// <summary>Every kind of rule, with every field.</summary>
    public const string Full = """
        apiVersion: catalyst.openova.io/v1alpha1
        kind: EnvironmentPolicy
        metadata:
          name: production
          labels:
            catalyst.openova.io/organization: globex
        spec:
          selector:
            connections: [core-db, bastion]
            protocols: [ssh, rdp]
            matchLabels:
              tier: gold
          rules:
            - kind: recording-required
            - kind: change-window
              windows:
                - cron: "0 22 * * SAT"
                  durationMinutes: 240
                  timeZone: Europe/Berlin
            - kind: mfa-required
              mapping:
                version: "2026-1"
                acr: [gold]
                amr: [mfa]
                factors:
                  know: [pwd, pin]
                  have: [otp, hwk]
                  are: [fpt]
              maxAgeMinutes: 480
            - kind: max-duration
              minutes: 480
            - kind: idle-limit
              minutes: 15
              warnSeconds: 30
            - kind: source-networks
              cidrs: [fd00::/8, 10.0.0.0/8]
            - kind: separation-of-duties
              conflictingRoles: [developer]
            - kind: session-limit
              perPerson: 2
              perConnection: 5
            - kind: approval-required
              approvers: 2
              roles: [dba-lead]
            - kind: break-glass
              roles: [on-call]
              maxMinutes: 60

        """;

    /// <summary>A policy of the default organisation with one rule, written as a flow mapping.</summary>
    public static string Of(string rule, string name = "p", string selector = "{}") => $$"""
        apiVersion: catalyst.openova.io/v1alpha1
        kind: EnvironmentPolicy
        metadata: { name: {{name}} }
        spec:
          selector: {{selector}}
          rules: [{{rule}}]

        """;

    public static EnvironmentPolicy Only(ResourceFile file) => Assert.IsType<EnvironmentPolicy>(Assert.Single(file.Resources).Resource);
}
