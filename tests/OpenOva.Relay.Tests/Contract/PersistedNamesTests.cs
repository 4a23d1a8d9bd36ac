using System.Reflection;
using OpenOva.Relay.Access;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Contract;

/// <summary>
/// Names and numbers that stand in rows, spools, recordings and ledgers for years. Each list may only grow, at its end: what is missing or differs here makes old
/// evidence unreadable, so restore it in the program; what is new in the program is added here in the same commit.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class PersistedNamesTests
{
    [Fact]
    public void LedgerEventTypes_Persisted_AreThese() => Assert.Equal(
        [
            "token.refused", "access.decided", "session.opened", "recording.opened", "session.connected", "session.ended", "recording.chain", "recording.sealed",
            "recording.verified", "recording.live-deleted", "recording.viewed", "connection.changed", "service.started", "service.stopped", "key.added",
            "report.requested", "report.made", "report.downloaded", "session.end-ordered", "recording.supplemented", "account.mapped", "subject.signed-out",
            "outage.began", "outage.ended", "store.checked", "session.extended", "session.noticed", "session.locked", "access.requested", "access.request-decided",
            "access.decision-refused", "access.request-closed", "emergency.review-owed", "emergency.reviewed", "emergency.overdue", "credential.rotated",
            "policy.changed", "ledger.stamped", "subject.signed-in", "checkpoint.made", "tunnel.origin-refused",
            "session.joined", "session.join-ended", "session.transfer",
        ],
        LedgerEventTypes.All);

    [Fact]
    public void LedgerEventTypes_Listed_AreAllThatAreDeclared() =>
        Assert.Equal(Constants(typeof(LedgerEventTypes)).Order(StringComparer.Ordinal), LedgerEventTypes.All.Order(StringComparer.Ordinal));

    [Fact]
    public void JwsTypes_Persisted_AreThese() => Assert.Equal(
        ["relay-bundle+jws", "relay-checkpoint+jws", "relay-key-history+jws", "relay-manifest+jws", "relay-segment+jws"], Constants(typeof(JwsTypes)).Order(StringComparer.Ordinal));

    [Fact]
    public void InstructionClasses_Persisted_AreThese() => Assert.Equal(
        [
            "0 unknown", "1 drawing R", "2 image R", "3 audio R", "4 video R", "5 sync R", "6 pointer R", "10 argv", "11 clipboard", "12 file", "13 pipe", "14 object", "15 ack",
            "16 msg", "17 required", "18 nop", "19 error", "20 log", "21 disconnect", "255 synthesised R",
        ],
        Enum.GetValues<InstructionClass>().Select(c => $"{(byte)c} {c.Name()}{(c.IsRecorded() ? " R" : "")}"));

    [Fact]
    public void SpoolFrameTypes_Persisted_AreThese() => Assert.Equal(
        ["1 Opened", "2 Output", "3 Heartbeat", "4 Segment", "5 Ended", "6 Connected", "7 Sealed"], Enum.GetValues<SpoolFrameType>().Select(t => $"{(byte)t} {t}"));

    [Fact]
    public void AccessReasons_Persisted_AreThese() => Assert.Equal(
        ["0 admitted", "1 organisation-mismatch", "2 operator-role-missing", "3 connection-unknown", "4 connection-invalid", "5 audience-role-missing",
            "6 approval-missing", "7 account-disabled", "8 account-gone", "9 account-unanswered", "10 policy-invalid",
            "11 duty-conflict", "12 source-not-allowed", "13 mfa-unproven", "14 mfa-missing", "15 sign-in-stale", "16 recording-missing", "17 outside-change-window",
            "18 person-session-limit", "19 connection-session-limit", "20 break-glass-not-allowed", "21 break-glass-unreasoned"],
        Enum.GetValues<AccessReason>().Select(r => $"{(int)r} {r.Name()}"));

    [Fact]
    public void ResourceChanges_Persisted_AreThese() => Assert.Equal(
        ["added", "changed", "removed", "invalid", "restored", "relabelled"], Enum.GetValues<ResourceChangeKind>().Select(kind => kind.ToString().ToLowerInvariant()));

    [Fact]
    public void TokenRefusals_Persisted_AreThese() => Assert.Equal(
        [
            "none", "missing", "too-large", "malformed", "duplicate-claim", "algorithm", "critical-header", "unknown-issuer", "unknown-key", "keys-unavailable", "bad-signature",
            "wrong-type", "wrong-audience", "claim-missing", "expired", "not-yet-valid", "issued-in-future", "not-a-gateway", "gateway-organisation",
            "signed-out", "too-long-lived", "not-a-logout", "replayed",
        ],
        Enum.GetValues<TokenRefusal>().Select(r => r.Label()));

    [Fact]
    public void SessionStates_Persisted_AreThese() => Assert.Equal(
        ["UNSPECIFIED", "OPENED", "CONNECTING", "CONNECTED", "ENDED", "SEALED", "VERIFIED", "FAILED"], Enum.GetValues<SessionState>().Select(s => s.Name()));

    [Fact]
    public void SessionEndReasons_Persisted_AreThese() => Assert.Equal(
        [
            "UNSPECIFIED", "CLIENT_LEFT", "TARGET_ENDED", "TARGET_ERROR", "GUACD_LOST", "RECORDER_FAILED", "READER_TOO_SLOW", "CLIENT_PROTOCOL_ERROR", "GUACD_PROTOCOL_ERROR",
            "REPLICA_LOST", "REPLICA_SHUTDOWN", "TICKET_EXPIRED", "CONNECT_FAILED", "TERMINATED", "SIGNED_OUT", "ACCESS_WITHDRAWN",
            "TIME_OVER", "IDLE", "APPROVAL_REVOKED",
        ],
        Enum.GetValues<SessionEndReason>().Select(r => r.Name()));

    [Fact]
    public void JoinEndReasons_Persisted_AreThese() => Assert.Equal(
        ["UNSPECIFIED", "WATCHER_LEFT", "SESSION_ENDED", "READER_TOO_SLOW", "TIME_OVER", "SIGNED_OUT", "GUACD_LOST", "CONNECT_FAILED", "REPLICA_LOST"],
        Enum.GetValues<JoinEndReason>().Select(r => r.Name()));

    [Fact]
    public void Transfers_Persisted_AreThese() => Assert.Equal(
        [
            "unspecified", "clipboard", "file", "listing", "print", "audio", "pipe", "unspecified", "in", "out", "unspecified", "complete", "aborted", "refused",
        ],
        [
            .. Enum.GetValues<TransferKind>().Select(kind => kind.Name()), .. Enum.GetValues<TransferDirection>().Select(direction => direction.Name()),
            .. Enum.GetValues<TransferOutcome>().Select(outcome => outcome.Name()),
        ]);

    [Fact]
    public void Failures_Persisted_AreThese() => Assert.Equal(
        [
            "UNSPECIFIED", "TOKEN_REFUSED", "GATEWAY_TOKEN_REFUSED", "NOT_PERMITTED", "TICKET_REFUSED", "INVALID_ARGUMENT", "WRONG_STATE", "LIMIT_REACHED", "BACKEND_UNAVAILABLE",
            "INTERNAL", "GUACD_UNREACHABLE", "PROTOCOL_NOT_INSTALLED", "GUACD_PROTOCOL_ERROR", "TARGET_UNREACHABLE", "TARGET_CREDENTIAL_REFUSED", "TARGET_IDENTITY_MISMATCH",
            "TARGET_TIMEOUT", "CONNECTION_MISCONFIGURED", "TARGET_ERROR", "RECORDER_FAILED", "READER_TOO_SLOW", "CLIENT_PROTOCOL_ERROR", "REPLICA_LOST", "NOT_SEALED",
            "EVIDENCE_MISMATCH", "SESSION_TERMINATED", "SESSION_TIME_OVER", "SESSION_IDLE", "ORIGIN_REFUSED", "CARRIED_ELSEWHERE", "APPROVAL_REQUIRED", "OUTSIDE_CHANGE_WINDOW", "STEP_UP_REQUIRED",
            "SOURCE_NOT_ALLOWED", "DUTIES_CONFLICT", "POLICY_NOT_MET", "TICKET_REFERENCE_REFUSED", "OWN_DOING",
        ],
        Enum.GetValues<ErrorReason>().Select(r => ErrorTable.Of(r).Name));

    [Fact]
    public void Roles_Persisted_AreThese() => Assert.Equal(
        ["relay-admin", "relay-approver", "relay-auditor", "relay-gateway", "relay-job", "relay-operator", "relay-reviewer", "relay-security-officer"],
        CallerRoleNames.ByName.Keys.Order(StringComparer.Ordinal));

    /// <summary>An applied migration never changes: databases refuse to start with another text. What is new is a new file and a new line here.</summary>
    [Fact]
    public void Migrations_Applied_AreThese() => Assert.Equal(
        [
            "0001_wiring 3afa7ee5cc5770edf3f48d43412545681f55c7d66635656717170865f96364b7",
            "0010_persons 52fab698f4c379f132211090358f5d3b9ff31504ac0f001894305b299a941a0d",
            "0011_connection_register 4f0499f3255bb8cbededed766c95f6856eb97921ffac7060b4d7e09c9a2ba246",
            "0012_person_accounts 0afd99bb1335a713e66490f028aa02536a0c50051c7da056659e6051cd292fc6",
            "0013_sign_outs 9cc35c072f443911b22066f529761a8c02140c1b5c72e9bdb7c24a34b041996e",
            "0014_resource_register d9280a44d271f20a22f2f3eae5102a2d59a42e26f9dcb7d7ad2c1c26f5697b51",
            "0020_ledger 38eaa231eb03496e184854d0fba0e0894a12e272f4f097015ceae58de0d41daf",
            "0021_ledger_roots 421d148a96927af6b393e88d66c62c8a32ad0f787aba3cb515a3614770bc67f2",
            "0022_ledger_exports 3bba2192124579614b40c38871c9c4543822a618b14728189d15d6b5355faf7e",
            "0023_ledger_stamps 9ec49a32335d95e3700e1d52bc53f8492bb5a834756f84371a8271832ede342a",
            "0024_sign_ins 0d587eb0f9d00dd9aee9a3404712a27b7d845812a74a84512ab008682b202c60",
            "0025_ledger_root_versions 9244b03cb712a63d9224185b0c4360bc0beae55caa2ed0c608be3a969e10f5ac",
            "0030_sessions af6d4d25107fc07ea60a41eab082532a8bc8708c606461e5e59b5b05ef3122b8",
            "0031_session_orders 328119e6fa710865f5f82bd1a88b8796a6e9fbc5950c4f5072d1980a01515f9b",
            "0032_session_sign_in 4d0c997744281a4253f378c046c727395a66ed0830c22486fa81b47fd93c13d3",
            "0035_sessions_unfinished fa39150bbf232f578dbf38e300cdb022661f051b4594a3bd3b677cbd71e55179",
            "0036_session_terms 30f0ed2d234200a40e63223ce1b269629c5d8ab8485f4066fb66cb0e951c6096",
            "0037_session_locks 247b46e29c8815c9b5dde8ee42ef3b3ddd31d94e6dfe269008884683ebe7089c",
            "0038_session_joins 2b014c51997fff6fe0f49a97e3ed1d011a12d7c59177afe5f28a0f91a00c31cc",
            "0039_session_transfers 56039aab8d88c150cbb931cd5480add0ae75c1be2bd14cbcb2abe4d79c759ca3",
            "0040_recordings e5f41a66e9e20003472d51806b69a65e9fa2585ec24fd18db8951c5791be9a78",
            "0041_recording_claims 5fc765aea8dbd614c2c1d6bdc1668f41edb5b014a4a8b1453b07a21654c9727f",
            "0042_live_pieces 31026a024a7f3eb33d0c066c17bfbb7471c1187f3251e6a6ac23e0a6a6fb9e51",
            "0050_reports ca36131d5486ac98f870b9ae30d521302b0422e98204ba1769f69aec638bbf30",
            "0051_report_recordings 3850e0f63701f61beabbd1a78dcab3bdf31db45f68690bfe757888400e1c3047",
            "0060_access e0eefd62916cfbf1fc976be7927c18d3f01189f8152258e2b24fde24e18f3dc9",
            "0061_browser_sessions e2831596b03d8b9b3a81df4896168c4716dd6ddb4f63f3cc9a4f4d4119418359",
        ],
        Migration.Embedded(typeof(RelayHost).Assembly).Select(m => $"{m.Version:D4}_{m.Name} {m.Checksum}"));

    private static IEnumerable<string> Constants(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);
}
