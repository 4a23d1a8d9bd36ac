using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Tests.Recordings;

[Trait("Kind", "Fast")]
public sealed class InstructionBatchTests
{
    [Fact]
    public void Batch_OfAllClasses_CountsAllAndKeepsTheRecorded()
    {
        var batch = new InstructionBatch();
        foreach (var c in InstructionClasses.All)
        {
            batch.Add(c, new byte[] { (byte)c, 1 }, null);
            batch.Add(c, new byte[] { (byte)c, 2, 3 }, null);
        }

        var recorded = InstructionClasses.All.Where(c => c.IsRecorded()).ToArray();
        Assert.Equal(InstructionClasses.All, batch.Classes);
        Assert.All(InstructionClasses.All, c => Assert.Equal(new Tally(2, 5), batch[c]));
        Assert.Equal(recorded.SelectMany(c => new byte[] { (byte)c, 1, (byte)c, 2, 3 }), batch.Recorded.ToArray());
        Assert.Equal(2 * recorded.Length, batch.RecordedInstructions);
    }

    [Fact]
    public void Batch_WithSyncs_TellsFirstLastAndWhetherItEndsWithOne()
    {
        var batch = new InstructionBatch();
        batch.Add(InstructionClass.Drawing, [1], null);
        Assert.False(batch.EndsWithSync);
        batch.Add(InstructionClass.Sync, [2], 100);
        batch.Add(InstructionClass.Sync, [3], 250);

        Assert.Equal((100L, 250L, true), (batch.FirstSyncMs, batch.LastSyncMs, batch.EndsWithSync));
        batch.Add(InstructionClass.Nop, [4], null);
        Assert.False(batch.EndsWithSync);
        Assert.Equal(250, batch.LastSyncMs);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200_000)]
    public void Batch_Cleared_IsAsNew(int bytes)
    {
        var batch = new InstructionBatch();
        batch.Add(InstructionClass.Image, new byte[bytes], null);
        batch.Add(InstructionClass.Sync, [1], 5);
        batch.Clear();

        Assert.True(batch.IsEmpty);
        Assert.Empty(batch.Recorded.ToArray());
        Assert.Equal(default, batch[InstructionClass.Image]);
        Assert.Equal((0L, null, null, false), (batch.RecordedInstructions, batch.FirstSyncMs, batch.LastSyncMs, batch.EndsWithSync));
        batch.Add(InstructionClass.Image, [9], null);
        Assert.Equal(new Tally(1, 1), batch[InstructionClass.Image]);
        Assert.Equal([9], batch.Recorded.ToArray());
    }
}
