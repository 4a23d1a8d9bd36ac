namespace OpenOva.Relay;

/// <summary>What a process does: carry sessions and answer callers, or work off what is due, or both.</summary>
[Flags]
internal enum RelayRoles
{
    None = 0,
    Broker = 1,
    Jobs = 2,
    All = Broker | Jobs,
}
