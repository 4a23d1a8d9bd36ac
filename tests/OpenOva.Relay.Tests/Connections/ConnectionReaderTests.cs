using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class ConnectionReaderTests
{
    private static readonly ConnectionsOptions Options = new()
    {
        Folder = "/connections",
        DefaultOrganisation = "acme",
        DefaultRetentionDays = 400,
        SecretFolders = ["/run/secrets", "/var/relay-secrets"],
    };

    [Fact]
    public void Read_FullDocument_GivesEveryField()
    {
        var file = ResourceReader.Read("core.yaml", ConnectionYaml.Ssh, Options);

        Assert.Empty(file.Problems);
        var connection = ConnectionYaml.Only(file);
        Assert.Equal(("globex", "core-db", "ssh", "db.core.svc", 2222), (connection.Organisation, connection.Name, connection.Protocol, connection.Hostname, connection.Port));
        Assert.Equal(["dba", "sre"], connection.AudienceRoles);
        Assert.Equal(new RecordingTerms(true, "guacamole-recordings", 90), connection.Recording);
        Assert.Equal(["lead"], connection.Jit!.RequiredApprovers);
        Assert.Equal(60, connection.Jit.MaxDurationMinutes);
        Assert.Equal("12", connection.Parameters["font-size"]);
        Assert.Equal(new SecretLocation("/run/secrets/core-db/password", null), connection.Secrets["password"]);
        Assert.Equal(new SecretLocation(null, "RELAY_SECRET_CORE_KEY"), connection.Secrets["private-key"]);
        Assert.Equal(TargetIdentity.Verified, connection.TargetIdentity);
        Assert.Equal([KeyValuePair.Create("catalyst.openova.io/organization", "globex")], connection.Labels);
        Assert.Matches("^[0-9a-f]{64}$", connection.Digest);
    }

    [Fact]
    public void Read_SmallestDocument_TakesTheSafeDefaults()
    {
        var connection = ConnectionYaml.Only(ResourceReader.Read("vnc.yaml", ConnectionYaml.Vnc, Options));

        Assert.Equal(("acme", 5900), (connection.Organisation, connection.Port));
        Assert.Equal(new RecordingTerms(true, "guacamole-recordings", 400), connection.Recording);
        Assert.Equal((null, TargetIdentity.Unverified), (connection.Jit, connection.TargetIdentity));
    }

    // The text of the line to be replaced, what stands there instead, and what must be said of it.
    public static TheoryData<string, string, string> Faults => new()
    {
        { "apiVersion: catalyst.openova.io/v1alpha1", "apiVersion: catalyst.openova.io/v1", "core.yaml:1:13: apiVersion must be catalyst.openova.io/v1alpha1" },
        { "kind: GuacamoleConnection", "kind: Secret", "core.yaml:2:7: kind must be GuacamoleConnection or EnvironmentPolicy" },
        { "kind: GuacamoleConnection", "other: 1", "core.yaml:1:1: kind is missing" },
        { "  name: core-db", "  name: Core_DB", "core.yaml:4:9: metadata.name must be an RFC 1123 subdomain (a-z, 0-9, hyphen, dot)" },
        { "  name: core-db", "  name: 007", "core.yaml:4:9: metadata.name must be a string: quote it" },
        { "  name: core-db", "  title: x", "core.yaml:4:3: metadata.name is missing" },
        { "  name: core-db", "  name: core-db\n  owner: x", "core.yaml:5:3: metadata.owner is an unknown field" },
        { "    catalyst.openova.io/organization: globex", "    catalyst.openova.io/organization: Globex", "core.yaml:6:39: metadata.labels.catalyst.openova.io/organization must be a DNS label (a-z, 0-9, hyphen; at most 63 characters)" },
        { "    catalyst.openova.io/organization: globex", "    catalyst.openova.io/organization: globex\n    tier: 1", "core.yaml:7:11: metadata.labels.tier must be a string: quote it" },
        { "    catalyst.openova.io/organization: globex", "    catalyst.openova.io/organization: globex\n    tier: -gold", "core.yaml:7:11: metadata.labels.tier is no label of Kubernetes" },
        { "  protocol: ssh", "  protocol: spice", "core.yaml:8:13: spec.protocol must be one of kubernetes, rdp, ssh, telnet, vnc" },
        { "  protocol: ssh", "  protocl: ssh", "core.yaml:8:3: spec.protocol is missing" },
        { "  hostname: db.core.svc", "  hostname: \"db core\"", "core.yaml:9:13: spec.hostname must be a host name or an IP address" },
        { "  hostname: db.core.svc", "  hostname: [db]", "core.yaml:9:13: spec.hostname must be a string" },
        { "  port: 2222", "  port: \"2222\"", "core.yaml:10:9: spec.port must be a whole number from 1 to 65535" },
        { "  port: 2222", "  port: 0", "core.yaml:10:9: spec.port must be a whole number from 1 to 65535" },
        { "  port: 2222", "  port: 65536", "core.yaml:10:9: spec.port must be a whole number from 1 to 65535" },
        { "  port: 2222", "  port: 2222\n  Port: 1", "core.yaml:11:3: spec.Port is an unknown field" },
        { "  port: 2222", "  port: 2222\n  port: 1", "core.yaml:11:3: a key stands twice in one mapping" },
        { "    keycloakRoles: [sre, dba]", "    keycloakRoles: []", "core.yaml:12:20: spec.audience.keycloakRoles must name at least one role" },
        { "    keycloakRoles: [sre, dba]", "    keycloakRoles: dba", "core.yaml:12:20: spec.audience.keycloakRoles must be a list" },
        { "    keycloakRoles: [sre, dba]", "    keycloakRoles: [sre, \"\"]", "core.yaml:12:26: spec.audience.keycloakRoles[1] is empty" },
        { "    keycloakRoles: [sre, dba]", "    keycloakRoles: [sre, sre]", "core.yaml:12:26: spec.audience.keycloakRoles[1] stands twice" },
        { "    keycloakRoles: [sre, dba]", "    keycloakRoles: [sre, {a: b}]", "core.yaml:12:26: spec.audience.keycloakRoles[1] must be a string" },
        { "    keycloakRoles: [sre, dba]", "    roles: [sre]", "core.yaml:12:5: spec.audience.keycloakRoles must name at least one role" },
        { "    enabled: true", "    enabled: yes", "core.yaml:14:14: spec.recording.enabled must be true or false" },
        { "    enabled: true", "    enabled: \"false\"", "core.yaml:14:14: spec.recording.enabled must be true or false" },
        { "    bucket: guacamole-recordings", "    bucket: ../other", "core.yaml:15:13: spec.recording.bucket must be one of guacamole-recordings (Relay:ObjectStorage:OtherBuckets adds some)" },
        { "    retentionDays: 90", "    retentionDays: 0", "core.yaml:16:20: spec.recording.retentionDays must be a whole number from 1 to 36500" },
        { "    retentionDays: 90", "    retentionDays: 1e3", "core.yaml:16:20: spec.recording.retentionDays must be a whole number from 1 to 36500" },
        { "    retentionDays: 90", "    retention: 90", "core.yaml:16:5: spec.recording.retention is an unknown field" },
        { "    requiredApprovers: [lead]", "    requiredApprovers: []", "core.yaml:18:24: spec.jit.requiredApprovers must name at least one approver" },
        { "    maxDurationMinutes: 60", "    maxDurationMinutes: 10081", "core.yaml:19:25: spec.jit.maxDurationMinutes must be a whole number from 1 to 10080" },
        { "    font-size: \"12\"", "    font-size: 12", "core.yaml:22:16: spec.parameters.font-size must be a string: quote it" },
        { "    font-size: \"12\"", "    fontsize: \"12\"", "core.yaml:22:15: spec.parameters.fontsize is no parameter of guacd's ssh" },
        { "    font-size: \"12\"", "    security: nla", "core.yaml:22:15: spec.parameters.security is no parameter of guacd's ssh" },
        { "    font-size: \"12\"", "    password: hunter2", "core.yaml:22:15: spec.parameters.password is a secret: move it to spec.secretRef" },
        { "    font-size: \"12\"", "    passphrase: hunter2", "core.yaml:22:17: spec.parameters.passphrase is a secret: move it to spec.secretRef" },
        { "    font-size: \"12\"", "    sftp-password: hunter2", "core.yaml:22:20: spec.parameters.sftp-password is a secret: move it to spec.secretRef" },
        { "    font-size: \"12\"", "    recording-path: /tmp", "core.yaml:22:21: spec.parameters.recording-path is not allowed: it would let guacd write files; Relay records in the path itself" },
        { "    font-size: \"12\"", "    typescript-path: /tmp", "core.yaml:22:22: spec.parameters.typescript-path is not allowed: it would let guacd write files; Relay records in the path itself" },
        { "    font-size: \"12\"", "    create-recording-path: \"true\"", "core.yaml:22:28: spec.parameters.create-recording-path is not allowed: it would let guacd write files; Relay records in the path itself" },
        { "    font-size: \"12\"", "    drive-path: /", "core.yaml:22:17: spec.parameters.drive-path is not allowed: it would let guacd write files; Relay records in the path itself" },
        { "    font-size: \"12\"", "    recording-name: x", "core.yaml:22:21: spec.parameters.recording-name is not allowed: it belongs to guacd's own recorder; Relay records in the path itself" },
        { "    font-size: \"12\"", "    hostname: other", "core.yaml:22:15: spec.parameters.hostname is not allowed: it stands in the specification itself" },
        { "    font-size: \"12\"", "    font-size: &x \"12\"", "core.yaml:22:16: anchors are not taken" },
        { "    font-size: \"12\"", "    font-size: !!binary MTI=", "core.yaml:22:16: tags are not taken" },
        { "    font-size: \"12\"", "    font-size: *x", "core.yaml:22:16: aliases are not taken" },
        { "    font-size: \"12\"", "    font-size: [[[[[[[[[[[[[1]]]]]]]]]]]]]", "core.yaml:22:23: is nested too deeply" },
        { "    font-size: \"12\"", "\tfont-size: \"12\"", "core.yaml:21:15: is not well-formed YAML" },
        { "    host-key: \"ssh-ed25519 AAAAC3\"", "    username: ada", "core.yaml:21:5: spec.parameters.host-key is needed: without it guacd takes any SSH host key; or set spec.targetIdentity: unverified, which makes every session an exception event" },
        { "    host-key: \"ssh-ed25519 AAAAC3\"", "    host-key: \"\"", "core.yaml:21:15: spec.parameters.host-key is needed: without it guacd takes any SSH host key; or set spec.targetIdentity: unverified, which makes every session an exception event" },
        { "  port: 2222", "  port: 2222\n  targetIdentity: unverified", "core.yaml:11:19: spec.targetIdentity is unverified, yet the target's identity is checked: remove the field" },
        { "  port: 2222", "  port: 2222\n  targetIdentity: none", "core.yaml:11:19: spec.targetIdentity must be verified or unverified" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: hunter2", "core.yaml:24:15: spec.secretRef.password must be a mapping" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: {}", "core.yaml:24:15: spec.secretRef.password.file must stand alone: exactly one of file and env says where the secret is" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { file: /run/secrets/a, env: RELAY_SECRET_A }", "core.yaml:24:44: spec.secretRef.password.env must stand alone: exactly one of file and env says where the secret is" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { value: hunter2 }", "core.yaml:24:17: spec.secretRef.password.value is an unknown field" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { file: /etc/shadow }", "core.yaml:24:23: spec.secretRef.password.file must stand in one of Relay:Connections:SecretFolders" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { file: /run/secrets/../../etc/shadow }", "core.yaml:24:23: spec.secretRef.password.file must stand in one of Relay:Connections:SecretFolders" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { file: /run/secretsX/a }", "core.yaml:24:23: spec.secretRef.password.file must stand in one of Relay:Connections:SecretFolders" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { file: ../shadow }", "core.yaml:24:23: spec.secretRef.password.file must stand in one of Relay:Connections:SecretFolders" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { env: PATH }", "core.yaml:24:22: spec.secretRef.password.env must begin with RELAY_SECRET_" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { env: DATABASE_CONNECTION_STRING }", "core.yaml:24:22: spec.secretRef.password.env must begin with RELAY_SECRET_" },
        { "    password: { file: /run/secrets/core-db/password }", "    password: { env: RELAY_SECRET_ }", "core.yaml:24:22: spec.secretRef.password.env must begin with RELAY_SECRET_" },
        { "    password: { file: /run/secrets/core-db/password }", "    recording-path: { env: RELAY_SECRET_A }", "core.yaml:24:21: spec.secretRef.recording-path is not allowed: it would let guacd write files; Relay records in the path itself" },
        { "    password: { file: /run/secrets/core-db/password }", "    pasword: { env: RELAY_SECRET_A }", "core.yaml:24:14: spec.secretRef.pasword is no parameter of guacd's ssh" },
        { "    password: { file: /run/secrets/core-db/password }", "    font-size: { env: RELAY_SECRET_A }", "core.yaml:24:16: spec.secretRef.font-size stands in spec.parameters too" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Read_OneLineIsWrong_NamesFileLineAndField(string line, string instead, string problem)
    {
        Assert.Contains(line, ConnectionYaml.Ssh, StringComparison.Ordinal);

        var file = ResourceReader.Read("core.yaml", ConnectionYaml.Ssh.Replace(line, instead, StringComparison.Ordinal), Options);

        Assert.Empty(file.Resources);
        Assert.Equal(problem, Assert.Single(file.Problems).ToString());
        Assert.DoesNotContain("hunter2", file.Problems[0].ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Identities => new()
    {
        { "vnc", "", "spec.protocol" },
        { "telnet", "", "spec.protocol" },
        { "rdp", "", "spec.parameters.security" },
        { "rdp", "security: any", "spec.parameters.security" },
        { "rdp", "security: rdp", "spec.parameters.security" },
        { "rdp", "security: nla, ignore-cert: \"true\"", "spec.parameters.ignore-cert" },
        { "rdp", "security: nla, cert-tofu: \"true\"", "spec.parameters.cert-tofu" },
        { "rdp", "security: nla, enable-sftp: \"true\"", "spec.parameters.sftp-host-key" },
        { "rdp", "security: nla", "" },
        { "rdp", "security: tls, ignore-cert: \"false\"", "" },
        { "kubernetes", "", "spec.parameters.use-ssl" },
        { "kubernetes", "use-ssl: \"true\", ignore-cert: \"true\"", "spec.parameters.ignore-cert" },
        { "kubernetes", "use-ssl: \"true\"", "" },
        { "ssh", "", "spec.parameters.host-key" },
        { "ssh", "host-key: ssh-rsa AAAA", "" },
    };

    [Theory]
    [MemberData(nameof(Identities))]
    public void Read_TargetIdentity_IsCheckedOrOptedOutOf(string protocol, string parameters, string fault)
    {
        string Document(string identity) => ConnectionYaml.Of(protocol, $"{{{parameters}}}", $"{identity}  channels: {{ fileUpload: true }}\n");
        var plain = ResourceReader.Read("x.yaml", Document(""), Options);
        var optedOut = ResourceReader.Read("x.yaml", Document("  targetIdentity: unverified\n"), Options);

        if (fault.Length == 0)
        {
            Assert.Equal(TargetIdentity.Verified, ConnectionYaml.Only(plain).TargetIdentity);
            Assert.Equal("spec.targetIdentity", Assert.Single(optedOut.Problems).Field);
        }
        else
        {
            Assert.Equal(fault, Assert.Single(plain.Problems).Field);
            Assert.Equal(TargetIdentity.Unverified, ConnectionYaml.Only(optedOut).TargetIdentity);
        }
    }

    [Theory]
    [InlineData("not: [closed")]
    [InlineData("- a\n- b")]
    [InlineData("just text")]
    [InlineData("kind: x\nspec: [\nkind: y")] // YamlDotNet 16.3 answers with an InvalidOperationException
    public void Read_OneDocumentIsBroken_TheOthersStand(string broken)
    {
        var file = ResourceReader.Read("many.yaml", $"{ConnectionYaml.Vnc}---\n{broken}\n--- \n{ConnectionYaml.Ssh}---\n# only a comment\n", Options);

        Assert.Equal(["screen", "core-db"], file.Resources.Select(entry => entry.Resource.Name));
        var problem = Assert.Single(file.Problems);
        Assert.InRange(problem.Line, 9, 11);
        Assert.Null(problem.Key);
    }

    [Fact]
    public void Read_FaultInTheSecondDocument_CountsLinesFromTheFilesFirst()
    {
        var file = ResourceReader.Read("two.yaml", ConnectionYaml.Vnc + "---\n" + ConnectionYaml.Ssh.Replace("port: 2222", "port: x", StringComparison.Ordinal), Options);

        var problem = Assert.Single(file.Problems);
        Assert.Equal("two.yaml:19:9: spec.port must be a whole number from 1 to 65535", problem.ToString());
        Assert.Equal(("globex", "core-db"), (problem.Organisation, problem.Name));
    }

    [Fact]
    public void Read_NoOrganisationAnywhere_IsAFault()
    {
        var file = ResourceReader.Read("vnc.yaml", ConnectionYaml.Vnc, new ConnectionsOptions { Folder = "/x", DefaultRetentionDays = 1 });

        Assert.Equal("metadata.labels", Assert.Single(file.Problems).Field);
    }

    [Fact]
    public void Read_NoRetentionAnywhere_IsAFaultUnlessUnrecorded()
    {
        var options = new ConnectionsOptions { Folder = "/x", DefaultOrganisation = "acme" };

        Assert.Equal("spec.recording", Assert.Single(ResourceReader.Read("vnc.yaml", ConnectionYaml.Vnc, options).Problems).Field);
        Assert.False(ConnectionYaml.Only(ResourceReader.Read("vnc.yaml", ConnectionYaml.Vnc + "  recording: { enabled: false }\n", options)).Recording.Required);
    }

    [Fact]
    public void Digest_ChangesWithWhatRelayActsOnAlone()
    {
        string DigestOf(string yaml) => ConnectionYaml.Only(ResourceReader.Read("core.yaml", yaml, Options)).Digest;
        string With(string line, string instead) => DigestOf(ConnectionYaml.Ssh.Replace(line, instead, StringComparison.Ordinal));
        var digest = DigestOf(ConnectionYaml.Ssh);

        Assert.Equal(digest, DigestOf("# a comment\n" + ConnectionYaml.Ssh));
        Assert.Equal(digest, With("[sre, dba]", "[dba, sre]"));
        Assert.Equal(digest, With("  name: core-db", "  name: core-db\n  annotations: { a: b }"));
        Assert.NotEqual(digest, With("[sre, dba]", "[sre]"));
        Assert.NotEqual(digest, With("enabled: true", "enabled: false"));
        Assert.NotEqual(digest, With("\"12\"", "\"13\""));
        Assert.NotEqual(digest, With("core-db/password", "core-db/other"));
        Assert.NotEqual(digest, With("globex", "initech"));
        Assert.NotEqual(digest, DigestOf(ConnectionYaml.Ssh + "  channels: { fileDownload: true }\n"));
        Assert.Equal(digest, DigestOf(ConnectionYaml.Ssh + "  channels: { fileDownload: false, audioOut: true }\n"));
    }
}
