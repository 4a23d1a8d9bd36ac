namespace OpenOva.Relay.Integration;

/// <summary>What runs on the real components runs alone: it measures faults, and not what else keeps the machine busy.</summary>
[CollectionDefinition("real components", DisableParallelization = true)]
public sealed class RealComponents;
