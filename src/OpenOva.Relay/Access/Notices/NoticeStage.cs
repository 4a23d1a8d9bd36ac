using OpenOva.Relay.Database;
using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Access.Notices;

/// <summary>Stages notices for the bus in the transaction of what they tell of.</summary>
internal sealed class NoticeStage(Outbox outbox, TimeProvider time)
{
    public Task AddAsync(
        RelayTransaction transaction, string organisation, string kind, string connection, string? request = null, string? session = null, string? state = null) =>
        outbox.AddAsync(transaction, new AccessNotice(organisation, kind, connection, request, session, state, time.GetUnixMicroseconds()), organisation);
}
