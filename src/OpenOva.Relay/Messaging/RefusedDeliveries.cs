using MassTransit;
using MassTransit.Middleware;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// What no outbox of ours sent: bytes that are no message, or a message that the queue's consumer does not take. Counted, logged, and moved
/// out of the way into the queue's <c>_error</c> or <c>_skipped</c> queue, so that it neither blocks the queue nor goes unseen.
/// </summary>
internal sealed class RefusedDeliveries(string consumer, RelayMetrics metrics, ILogger logger)
{
    public const string ErrorSuffix = "_error";
    public const string SkippedSuffix = "_skipped";

    public void Configure(IReceivePipelineConfigurator endpoint)
    {
        endpoint.ConfigureError(pipe =>
        {
            pipe.UseFilter(new Unreadable(this));
            pipe.UseFilter(new ErrorTransportFilter());
        });
        endpoint.ConfigureDeadLetter(pipe =>
        {
            pipe.UseFilter(new Unexpected(this));
            pipe.UseFilter(new DeadLetterTransportFilter());
        });
    }

    private void Note(string reason)
    {
        metrics.MessagesRefused.Add(1, new("consumer", consumer), new("reason", reason));
        logger.DeliveryRefused(consumer, reason);
    }

    private sealed class Unreadable(RefusedDeliveries refused) : IFilter<ExceptionReceiveContext>
    {
        public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
        {
            // Else it would count as a message that no consumer took, and be moved a second time.
            await context.NotifyFaulted(context.Exception);

            // A delivery that was cut short by the end of this process or of its connection stays pending in the inbox and comes again.
            if (context.Exception is OperationCanceledException) return;
            refused.Note("unreadable");
            await next.Send(context);
        }

        public void Probe(ProbeContext context) => context.CreateFilterScope("relay-unreadable");
    }

    private sealed class Unexpected(RefusedDeliveries refused) : IFilter<ReceiveContext>
    {
        public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
        {
            refused.Note("unexpected");
            await next.Send(context);
        }

        public void Probe(ProbeContext context) => context.CreateFilterScope("relay-unexpected");
    }
}
