namespace OpenOva.Relay.Tests.Contract;

/// <summary>Files of the repository that tests compare the program with.</summary>
internal static class SourceTree
{
    /// <summary>The full path of a file, by its path from the repository's root.</summary>
    /// <exception cref="FileNotFoundException">It stands nowhere above the test's own files.</exception>
    public static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, path);
            if (File.Exists(file)) return file;
        }

        throw new FileNotFoundException($"{path} stands nowhere above {AppContext.BaseDirectory}");
    }
}
