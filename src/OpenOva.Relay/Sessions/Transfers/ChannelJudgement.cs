using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Sessions.Transfers;

internal enum ChannelVerdict
{
    /// <summary>It goes on.</summary>
    Pass,

    /// <summary>It goes nowhere.</summary>
    Drop,

    /// <summary>It goes nowhere, and whoever sent it is told why.</summary>
    Refuse,

    /// <summary>As refused, in the midst of a stream: its receiver is told that it ends.</summary>
    Cut,
}

/// <summary>What becomes of one instruction of a channel.</summary>
/// <param name="Stream">The stream that is refused or cut.</param>
/// <param name="Status">Why.</param>
internal readonly record struct ChannelJudgement(ChannelVerdict Verdict, int Stream, GuacamoleStatus Status)
{
    public static ChannelJudgement Pass => new(ChannelVerdict.Pass, -1, GuacamoleStatus.Success);

    public static ChannelJudgement Drop => new(ChannelVerdict.Drop, -1, GuacamoleStatus.Success);
}
