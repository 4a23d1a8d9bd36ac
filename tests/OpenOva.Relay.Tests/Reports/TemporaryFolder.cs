namespace OpenOva.Relay.Tests.Reports;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("relay-reports-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
