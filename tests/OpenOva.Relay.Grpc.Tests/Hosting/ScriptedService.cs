using Grpc.Core;
using Grpc.Testing;

namespace OpenOva.Relay.Grpc.Tests.Hosting;

/// <summary>A service whose methods do what a test says.</summary>
internal sealed class ScriptedService(Script script) : TestService.TestServiceBase
{
    public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => script.Unary(request, context);

    public override Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context) => script.Input(requestStream, context);

    public override Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context) =>
        script.Output(request, responseStream, context);

    public override Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context) => script.Duplex(requestStream, responseStream, context);
}

/// <summary>What the methods of <see cref="ScriptedService"/> do; what a test does not set echoes or returns.</summary>
internal sealed class Script
{
    public Func<SimpleRequest, ServerCallContext, Task<SimpleResponse>> Unary { get; set; } =
        (request, _) => Task.FromResult(new SimpleResponse { Payload = request.Payload });

    public Func<IAsyncStreamReader<StreamingInputCallRequest>, ServerCallContext, Task<StreamingInputCallResponse>> Input { get; set; } =
        async (requests, _) =>
        {
            var size = 0;
            await foreach (var request in requests.ReadAllAsync()) size += request.Payload.Body.Length;
            return new StreamingInputCallResponse { AggregatedPayloadSize = size };
        };

    public Func<StreamingOutputCallRequest, IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Output { get; set; } =
        (_, _, _) => Task.CompletedTask;

    public Func<IAsyncStreamReader<StreamingOutputCallRequest>, IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Duplex { get; set; } =
        async (requests, responses, _) =>
        {
            await foreach (var request in requests.ReadAllAsync())
                await responses.WriteAsync(new StreamingOutputCallResponse { Payload = request.Payload });
        };
}
