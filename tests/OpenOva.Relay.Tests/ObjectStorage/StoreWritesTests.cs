using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.ObjectStorage;

[Trait("Kind", "Fast")]
public sealed class StoreWritesTests
{
    private readonly StoreWrites _writes = new();

    [Fact]
    public async Task Writes_RefusedOrUnanswered_AreAnOutageUntilOneIsTaken()
    {
        Assert.True(await WorksAsync());

        await FailAsync(new ObjectStoreDeniedException("denied"));
        Assert.False(await WorksAsync());
        // The spool takes what the store does not: the replica stays ready.
        Assert.Empty(await new Readiness([_writes], [], NullLogger<Readiness>.Instance).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Equal(7, await _writes.WatchAsync(() => Task.FromResult(7)));
        Assert.True(await WorksAsync());
        await FailAsync(new ObjectStoreUnavailableException("away"));
        Assert.False(await WorksAsync());
    }

    [Fact]
    public async Task Writes_ThatFailForTheirOwnSake_TellNothingOfTheStore()
    {
        await FailAsync(new ObjectAlreadyExistsException("b", "k"));
        await FailAsync(new ObjectChecksumException("b", "k", "other bytes"));
        await FailAsync(new OperationCanceledException());
        Assert.True(await WorksAsync());

        await FailAsync(new ObjectStoreDeniedException("denied"));
        await FailAsync(new ObjectAlreadyExistsException("b", "k"));
        Assert.False(await WorksAsync());
    }

    private async Task FailAsync(Exception failure) => await Assert.ThrowsAnyAsync<Exception>(() => _writes.WatchAsync(() => Task.FromException<int>(failure)));

    private async Task<bool> WorksAsync()
    {
        try
        {
            await _writes.CheckAsync(TestContext.Current.CancellationToken);
            return true;
        }
        catch (ObjectStoreUnavailableException)
        {
            return false;
        }
    }
}
