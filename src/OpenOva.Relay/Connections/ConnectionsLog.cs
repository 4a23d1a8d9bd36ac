namespace OpenOva.Relay.Connections;

/// <summary>Event ids 5100 to 5199.</summary>
internal static partial class ConnectionsLog
{
    [LoggerMessage(5101, LogLevel.Information, "{Kind} {Organisation}/{Name}: {Change} ({Digest})")]
    public static partial void ResourceChanged(ILogger logger, ResourceKind kind, string organisation, string name, ResourceChangeKind change, string? digest);

    [LoggerMessage(5102, LogLevel.Error, "Document not taken: {Problem}; {Consequence}")]
    public static partial void DocumentInvalid(ILogger logger, string problem, string consequence);

    [LoggerMessage(5103, LogLevel.Error, "The connections' folder could not be read; what is in use stays in use")]
    public static partial void FolderNotRead(ILogger logger, Exception exception);

    [LoggerMessage(5104, LogLevel.Warning, "Changes of connections and policies could not be published; they are tried again with the next reading")]
    public static partial void ChangesNotPublished(ILogger logger, Exception exception);

    [LoggerMessage(5105, LogLevel.Error, "Secret {Parameter} of connection {Organisation}/{Connection} could not be read from {Location}: {Reason}")]
    public static partial void SecretNotRead(ILogger logger, string organisation, string connection, string parameter, string location, string reason);

    [LoggerMessage(5106, LogLevel.Error, "{Resources} cannot be read from the API server; what is in use stays in use")]
    public static partial void KubernetesAway(ILogger logger, Exception exception, string resources);

    [LoggerMessage(5107, LogLevel.Information, "{Resources} are read from the API server again")]
    public static partial void KubernetesBack(ILogger logger, string resources);

    [LoggerMessage(5108, LogLevel.Information, "The API server has forgotten the version that {Resources} were watched from; they are listed anew")]
    public static partial void KubernetesExpired(ILogger logger, string resources);

    [LoggerMessage(5109, LogLevel.Warning, "Statuses of resources could not be written; it is tried again")]
    public static partial void StatusNotWritten(ILogger logger, Exception exception);
}
