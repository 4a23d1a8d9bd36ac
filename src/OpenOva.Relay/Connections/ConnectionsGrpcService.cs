using Grpc.Core;
using OpenOva.Relay.Access;
using OpenOva.Relay.Identity;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Connections;

/// <summary>The door of <c>openova.relay.v1.ConnectionService</c>.</summary>
internal sealed class ConnectionsGrpcService(ConnectionCatalog catalog, NoticeOf notice) : ConnectionService.ConnectionServiceBase
{
    private const CallerRoles SeeAll = CallerRoles.Admin | CallerRoles.Auditor;

    [Allow(SeeAll, Own = CallerRoles.Operator)]
    public override Task<ConnectionServiceListResponse> List(ConnectionServiceListRequest request, ServerCallContext context)
    {
        var caller = context.Callers().Caller;
        var visible = catalog.Snapshot.Entries.Select(entry => entry.Connection)
            .Where(connection => IsVisible(caller, connection))
            .OrderBy(connection => connection.Name, StringComparer.Ordinal);
        return Task.FromResult(new ConnectionServiceListResponse { Connections = { visible.Select(Message) } });
    }

    [Allow(SeeAll, Own = CallerRoles.Operator)]
    public override Task<ConnectionServiceGetResponse> Get(ConnectionServiceGetRequest request, ServerCallContext context)
    {
        var caller = context.Callers().Caller;
        return catalog.Snapshot.Find(caller.Organisation, request.Name)?.Connection is { } connection && IsVisible(caller, connection)
            ? Task.FromResult(new ConnectionServiceGetResponse { Connection = Message(connection), Notice = Message(notice(connection)) })
            : throw new RelayException(ErrorReason.NotPermitted);
    }

    private static bool IsVisible(Caller caller, Connection connection) =>
        caller.Organisation == connection.Organisation && (caller.Has(SeeAll) || AccessPolicy.Reaches(caller, connection));

    private static V1.Connection Message(Connection connection) => new()
    {
        Name = connection.Name,
        Organisation = connection.Organisation,
        Protocol = connection.Protocol,
        AudienceRoles = { connection.AudienceRoles },
        RecordingRequired = connection.Recording.Required,
        RetentionDays = connection.Recording.RetentionDays,
        Digest = connection.Digest,
        Channels = new ConnectionChannels
        {
            ClipboardIn = connection.Channels.HasFlag(Channels.ClipboardIn),
            ClipboardOut = connection.Channels.HasFlag(Channels.ClipboardOut),
            FileUpload = connection.Channels.HasFlag(Channels.FileUpload),
            FileDownload = connection.Channels.HasFlag(Channels.FileDownload),
            Printing = connection.Channels.HasFlag(Channels.Printing),
            AudioOut = connection.Channels.HasFlag(Channels.AudioOut),
            AudioIn = connection.Channels.HasFlag(Channels.AudioIn),
        },
    };

    private static ConnectionNotice Message(NoticeText notice) => new() { Text = notice.Text, Sha256 = notice.Sha256 };
}
