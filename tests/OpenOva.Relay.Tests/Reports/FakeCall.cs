using Grpc.Core;
using Microsoft.AspNetCore.Http;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>A gRPC call by a person, without a server.</summary>
internal sealed class FakeCall : ServerCallContext
{
    private readonly CancellationToken _cancellation;

    public FakeCall(Caller caller, CancellationToken cancellation = default)
    {
        _cancellation = cancellation;
        var http = new DefaultHttpContext();
        http.Features.Set(new CallerFeature(caller, null));
        UserState["__HttpContext"] = http;
    }

    protected override string MethodCore => "/test";

    protected override string HostCore => "test";

    protected override string PeerCore => "test";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore { get; } = [];

    protected override CancellationToken CancellationTokenCore => _cancellation;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => throw new NotSupportedException();

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();
}

/// <summary>Keeps what a call streams, and lets a test look at each message as it comes.</summary>
internal sealed class KeptStream<T>(Func<T, Task>? look = null) : IServerStreamWriter<T>
{
    public List<T> Messages { get; } = [];

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message, CancellationToken cancellationToken) => WriteAsync(message);

    public async Task WriteAsync(T message)
    {
        Messages.Add(message);
        if (look is not null) await look(message);
    }
}
