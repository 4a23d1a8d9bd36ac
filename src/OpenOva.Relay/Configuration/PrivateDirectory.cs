namespace OpenOva.Relay.Configuration;

/// <summary>Directories that hold evidence and personal data: their owner's alone.</summary>
internal static class PrivateDirectory
{
    /// <summary>Creates the directory and missing parents with mode 0700; one that exists is left as it is.</summary>
    public static void Create(string directory)
    {
        if (Directory.Exists(directory)) return;
        if (Path.GetDirectoryName(Path.GetFullPath(directory)) is { } parent) Create(parent); // .NET gives the mode to the last one only
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
        else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
