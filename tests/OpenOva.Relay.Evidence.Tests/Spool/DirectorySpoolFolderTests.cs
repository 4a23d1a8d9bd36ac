using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Evidence.Tests.Spool;

/// <summary>The spool on a real directory.</summary>
[Trait("Kind", "Fast")]
public sealed class DirectorySpoolFolderTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("relay-spool-").FullName, "spool");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void Log_OnARealDirectory_ReadsBackAcrossLives()
    {
        using (var log = new SpoolLog(new DirectorySpoolFolder(_path), TimeProvider.System)) log.Append(SpoolFrames.Of(SpoolFrames.A, 0, "one"));
        File.WriteAllText(Path.Combine(_path, "notes.txt"), "not a spool file");
        using (var log = new SpoolLog(new DirectorySpoolFolder(_path), TimeProvider.System)) log.Append(SpoolFrames.Of(SpoolFrames.A, 1, "two"));

        var (frames, damage) = SpoolFrames.ReadAll(new DirectorySpoolFolder(_path));

        Assert.Equal(["1:a0one", "3:a1two"], frames);
        Assert.Empty(damage);
        Assert.True(File.Exists(Path.Combine(_path, "0000000000000001.spool")));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_path));
    }
}
