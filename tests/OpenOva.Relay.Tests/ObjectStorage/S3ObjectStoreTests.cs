using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>The contract on a real endpoint, under the identities that a deployment has.</summary>
[Trait("Kind", "Real")]
public sealed class S3ObjectStoreTests(S3Lab lab) : ObjectStoreContract, IClassFixture<S3Lab>, IAsyncLifetime
{
    private S3ObjectStore? _store;

    protected override string Bucket => lab.Bucket;

    private protected override IObjectStore Store => _store!;

    public ValueTask InitializeAsync()
    {
        _store = lab.Open();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }
}
