namespace OpenOva.Relay.Cli;

/// <summary>What every verb of <c>relay</c> ends with.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It was tried and failed; the message says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong: nothing was tried.</summary>
    public const int Usage = 2;
}
