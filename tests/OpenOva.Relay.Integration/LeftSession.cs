using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Integration;

/// <summary>What is left of a session that is over and verified.</summary>
/// <param name="User">Relay as the fake guacd saw it.</param>
/// <param name="Shown">What the person was sent.</param>
/// <param name="Recorded">The recording as <c>zcat</c> gives it.</param>
/// <param name="Leaves">Its events.</param>
internal sealed record LeftSession(FakeGuacdUser User, byte[] Shown, byte[] Recorded, IReadOnlyList<LedgerLeaf> Leaves);
