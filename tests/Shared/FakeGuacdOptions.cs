using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Shared;

/// <summary>Whose parameters and habits the fake has.</summary>
public enum FakeGuacdRelease
{
    /// <summary>Debian's 1.3.0: says VERSION_1_3_0; a join of an unknown id is answered by the end of the stream.</summary>
    Guacd130,

    /// <summary>Upstream's 1.6.0: says VERSION_1_5_0; a join of an unknown id is answered by error 516.</summary>
    Guacd160,
}

/// <summary>What goes wrong in the handshake.</summary>
public enum FakeGuacdFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>select is not answered, as by a guacd without the plugin.</summary>
    IgnoresSelect,

    /// <summary>select is answered by the end of the stream.</summary>
    ClosesAfterSelect,

    /// <summary>select is answered by error (<see cref="FakeGuacdOptions.Refusal"/>).</summary>
    RefusesSelect,

    /// <summary>select is answered by bytes that are no Guacamole.</summary>
    AnswersSelectWithGarbage,

    /// <summary>select is answered by an instruction that is no args.</summary>
    AnswersSelectWithSync,

    /// <summary>select is answered by args with an element above guacd's limit.</summary>
    AnswersSelectOversized,

    /// <summary>The stream ends inside args.</summary>
    EndsInsideArgs,

    /// <summary>connect is not answered.</summary>
    IgnoresConnect,

    /// <summary>connect is answered by the end of the stream.</summary>
    ClosesAfterConnect,

    /// <summary>connect is answered by a reset of the TCP connection.</summary>
    ResetsAfterConnect,

    /// <summary>connect is answered by error (<see cref="FakeGuacdOptions.Refusal"/>).</summary>
    RefusesConnect,

    /// <summary>connect is answered by error whose text holds every value that was sent.</summary>
    RefusesConnectRepeatingValues,

    /// <summary>connect is answered by disconnect.</summary>
    DisconnectsAfterConnect,

    /// <summary>ready carries no id.</summary>
    SaysReadyWithoutId,

    /// <summary>ready carries an id other than the one to join.</summary>
    SaysReadyWithAnotherId,
}

/// <summary>How a <see cref="FakeGuacd"/> behaves; the defaults are those of a healthy guacd that draws nothing.</summary>
public sealed record FakeGuacdOptions
{
    /// <summary>Whose parameters and habits.</summary>
    public FakeGuacdRelease Release { get; init; } = FakeGuacdRelease.Guacd130;

    /// <summary>Installed plugins; select of another protocol is never answered. Default Debian's: no kubernetes.</summary>
    public IReadOnlyCollection<string> Plugins { get; init; } = ["ssh", "vnc", "rdp", "telnet"];

    /// <summary>Parameters in place of the release's own, the version first where there shall be one.</summary>
    public IReadOnlyList<string>? Args { get; init; }

    /// <summary>What goes wrong in the handshake.</summary>
    public FakeGuacdFault Fault { get; init; } = FakeGuacdFault.None;

    /// <summary>Text and status of a refusal.</summary>
    public (string Text, GuacamoleStatus Status) Refusal { get; init; } = ("Server busy.", GuacamoleStatus.ServerBusy);

    /// <summary>A nop sent before each answer of the handshake, as a slow guacd does.</summary>
    public bool NopsInHandshake { get; init; }

    /// <summary>What each user is shown after ready. Default: <see cref="FakeGuacdPlay.Hold"/>.</summary>
    public FakeGuacdPlay Play { get; init; } = FakeGuacdPlay.Hold;

    /// <summary>Bytes sent in one write with ready, to prove that none is lost.</summary>
    public ReadOnlyMemory<byte> WithReady { get; init; }

    /// <summary>Reads nothing after connect, so that the sender's buffers fill.</summary>
    public bool StopsReading { get; init; }

    /// <summary>Answers disconnect with disconnect. guacd does.</summary>
    public bool AnswersDisconnect { get; init; } = true;

    /// <summary>Drops a user whose sync is above the last one sent. guacd does.</summary>
    public bool ChecksSync { get; init; } = true;

    /// <summary>Silence after which a user is dropped with error 776. guacd's GUACD_TIMEOUT; infinite = never.</summary>
    public TimeSpan UserTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Clock of timeouts and nops.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Speaks TLS with this certificate.</summary>
    public X509Certificate2? Certificate { get; init; }
}
