using System.Text;

namespace OpenOva.Relay.Reports.Results;

/// <summary>
/// Lines sorted by a number, as many as the disk holds: sorted runs go to files and are merged at the end. Lines with the same number keep the order in
/// which they came, so the outcome is always the same.
/// </summary>
internal sealed class SortedLines(string folder, string name, int runChars = SortedLines.DefaultRunChars) : IDisposable
{
    public const int DefaultRunChars = 4 << 20;

    private readonly List<(long Key, string Line)> _run = [];
    private readonly List<string> _files = [];
    private int _chars;

    public long Count { get; private set; }

    public void Add(long key, string line)
    {
        _run.Add((key, line));
        Count++;
        _chars += line.Length;
        if (_chars >= runChars) Spill();
    }

    /// <summary>Writes all lines as UTF-8.</summary>
    public async Task WriteToAsync(Stream to, CancellationToken cancellation)
    {
        await using var writer = new StreamWriter(to, new UTF8Encoding(false), 64 * 1024, leaveOpen: true);
        var runs = new List<IEnumerator<(long Key, string Line)>>();
        try
        {
            foreach (var file in _files) runs.Add(Read(file).GetEnumerator());
            runs.Add(Sorted().GetEnumerator());
            var heads = new PriorityQueue<int, (long Key, int Run)>();
            for (var i = 0; i < runs.Count; i++) Advance(i);
            while (heads.TryDequeue(out var run, out _))
            {
                await writer.WriteAsync(runs[run].Current.Line.AsMemory(), cancellation);
                Advance(run);
            }

            void Advance(int run)
            {
                if (runs[run].MoveNext()) heads.Enqueue(run, (runs[run].Current.Key, run));
            }
        }
        finally
        {
            foreach (var run in runs) run.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var file in _files) File.Delete(file);
        _files.Clear();
    }

    // OrderBy is stable.
    private IEnumerable<(long Key, string Line)> Sorted() => _run.OrderBy(line => line.Key);

    private void Spill()
    {
        var path = Path.Combine(folder, $"{name}.{_files.Count}.run");
        using (var writer = new BinaryWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 128 * 1024), Encoding.UTF8))
        {
            foreach (var (key, line) in Sorted())
            {
                writer.Write(key);
                writer.Write(line);
            }
        }

        _files.Add(path);
        _run.Clear();
        _chars = 0;
    }

    private static IEnumerable<(long Key, string Line)> Read(string path)
    {
        using var reader = new BinaryReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024), Encoding.UTF8);
        while (reader.BaseStream.Position < reader.BaseStream.Length) yield return (reader.ReadInt64(), reader.ReadString());
    }
}
