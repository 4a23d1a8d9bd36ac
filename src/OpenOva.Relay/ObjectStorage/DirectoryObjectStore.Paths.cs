using OpenOva.Relay.Database;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>Where objects stand, and how directories come and go around them.</summary>
internal sealed partial class DirectoryObjectStore
{
    private string BucketPath(string bucket)
    {
        ObjectKey.CheckBucket(bucket);
        return _buckets.Contains(bucket) ? Path.Combine(_root, bucket) : throw new ObjectNotFoundException(bucket, "");
    }

    private string Locate(string bucket, string key)
    {
        ObjectKey.Check(bucket, key);
        var bucketPath = BucketPath(bucket);
        var place = Path.Combine(bucketPath, key + Leaf);

        // The key cannot leave the bucket by its text; a link on the way could.
        for (var at = place; at.Length >= bucketPath.Length; at = Path.GetDirectoryName(at)!)
        {
            var entry = new DirectoryInfo(at);
            if (entry.LinkTarget is not null) throw new ObjectStoreUnavailableException($"{at} is a symbolic link: refused.");
        }

        return place;
    }

    private string NewTemporary(string bucket) => Path.Combine(BucketPath(bucket), Temporary, _time.NewRowId());

    private static List<string> Keys(string bucketPath, string prefix)
    {
        var keys = new List<string>();
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint };
        var pending = new Stack<(string Path, string Prefix)>();
        pending.Push((bucketPath, ""));
        while (pending.TryPop(out var at))
        {
            IEnumerable<string> entries;
            try
            {
                entries = [.. Directory.EnumerateDirectories(at.Path, "*", options)];
            }
            catch (DirectoryNotFoundException)
            {
                continue; // pruned in between
            }

            foreach (var entry in entries)
            {
                var name = Path.GetFileName(entry);
                if (name == Temporary) continue;
                if (name.EndsWith(Leaf, StringComparison.Ordinal))
                {
                    var key = at.Prefix + name[..^Leaf.Length];
                    if (key.StartsWith(prefix, StringComparison.Ordinal)) keys.Add(key);
                }
                else
                {
                    var below = $"{at.Prefix}{name}/";
                    if (below.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(below, StringComparison.Ordinal))
                        pending.Push((entry, below));
                }
            }
        }

        keys.Sort(StringComparer.Ordinal);
        return keys;
    }

    private void Sweep(string temporary)
    {
        var before = _time.GetUtcNow() - AbandonedAfter;
        foreach (var entry in new DirectoryInfo(temporary).EnumerateFileSystemInfos())
        {
            if (entry.LastWriteTimeUtc < before.UtcDateTime) Remove(entry.FullName);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Invisible under ,tmp; the next start sweeps it.
        }
    }

    private static void CreateParents(string bucketPath, string parent)
    {
        if (Directory.Exists(parent)) return;
        var missing = new Stack<string>();
        for (var at = parent; at.Length > bucketPath.Length && !Directory.Exists(at); at = Path.GetDirectoryName(at)!) missing.Push(at);
        foreach (var directory in missing)
        {
            Directory.CreateDirectory(directory);
            DirectorySync.Flush(Path.GetDirectoryName(directory)!);
        }
    }

    private void Prune(string bucket, string parent)
    {
        var bucketPath = BucketPath(bucket);
        try
        {
            for (var at = parent; at.Length > bucketPath.Length; at = Path.GetDirectoryName(at)!) Directory.Delete(at);
        }
        catch (IOException)
        {
            // Not empty, or somebody else has pruned it.
        }
    }
}
