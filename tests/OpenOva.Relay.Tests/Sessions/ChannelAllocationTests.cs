using OpenOva.Relay.Connections;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Sessions.Transfers;

namespace OpenOva.Relay.Tests.Sessions;

/// <summary>A transfer costs a hash, not memory for each of its pieces.</summary>
[Trait("Kind", "Fast")]
public sealed class ChannelAllocationTests
{
    [Fact]
    public void Blobs_ThatPass_AllocateNothing()
    {
        using var channels = new SessionChannels("ssh", Channels.FileUpload, _ => { }, TimeProvider.System);
        Assert.Equal(ChannelVerdict.Pass, ChannelInstructions.With("file,1,text/plain,a", (in Instruction parsed) => channels.FromPerson(parsed, false, false)).Verdict);
        var blob = ChannelInstructions.Wire($"blob,1,{Convert.ToBase64String(new byte[6_000])}");
        var parser = new InstructionParser();
        var least = long.MaxValue;
        // The run-time's own unoptimised code may allocate until it is compiled again.
        for (var pass = 0; pass < 200 && least > 0; pass++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 20; i++)
            {
                var buffer = blob;
                if (!parser.TryRead(ref buffer, out var instruction) || channels.FromPerson(instruction, false, false).Verdict != ChannelVerdict.Pass) Assert.Fail("did not pass");
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
