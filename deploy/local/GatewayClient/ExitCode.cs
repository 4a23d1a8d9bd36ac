namespace OpenOva.Relay.GatewayClient;

/// <summary>What every verb ends with.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Refused, or ended badly: the message and its reason say why.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong: nothing was tried.</summary>
    public const int Usage = 2;

    /// <summary>Nobody answers, or not in time: trying again may help.</summary>
    public const int Unavailable = 3;
}
