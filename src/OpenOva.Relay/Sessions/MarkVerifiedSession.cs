using OpenOva.Relay.Messaging;
using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Sessions;

/// <summary>A session whose recording held when it was read back is verified.</summary>
internal sealed class MarkVerifiedSession : IRelayConsumer<RecordingVerified>
{
    public async Task ConsumeAsync(Delivery<RecordingVerified> delivery, CancellationToken cancellation)
    {
        var message = delivery.Message;
        await delivery.CompleteAsync(
            transaction => message.Held
                ? SessionQueries.VerifiedAsync(transaction, message.Organisation, message.Session, message.VerifiedUs)
                : Task.CompletedTask,
            cancellation);
    }
}
