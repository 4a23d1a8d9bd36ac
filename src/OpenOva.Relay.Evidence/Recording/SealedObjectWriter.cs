using System.IO.Compression;
using System.Security.Cryptography;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>
/// Writes <c>&lt;session&gt;.guac.gz</c>: raw in gzip members of some megabytes, cut at segment boundaries, so that <c>zcat</c> gives one valid Guacamole
/// recording and a reader can begin at any member.
/// </summary>
public sealed class SealedObjectWriter : IAsyncDisposable
{
    /// <summary>A member is closed at the next segment boundary once it holds this much raw, bytes: small enough to seek, large enough to compress idle text well.</summary>
    public const int TargetMemberRawBytes = 4 << 20;

    // Written once and kept for years, so size counts here, where live segments choose speed.
    private static readonly ZLibCompressionOptions Compression = new() { CompressionLevel = 6 };

    private readonly HashingStream _object;
    private readonly IncrementalHash _raw = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<RecordingMember> _members = [];
    private readonly List<string> _segments = [];
    private readonly InstructionCounter _instructions = new();
    private GZipStream? _member;
    private long _memberOffset;
    private long _memberRawOffset;
    private long _rawBytes;

    /// <summary>Writes to a stream that stays open.</summary>
    public SealedObjectWriter(Stream to) => _object = new(to);

    /// <summary>Instructions written so far.</summary>
    public long Instructions => _instructions.Count;

    /// <summary>The compact headers written so far.</summary>
    public IReadOnlyList<string> Segments => _segments;

    /// <summary>Writes the next segment.</summary>
    /// <exception cref="EvidenceFormatException">Its bytes are not whole Guacamole instructions.</exception>
    public async ValueTask WriteAsync(string compactHeader, ReadOnlyMemory<byte> raw, CancellationToken cancellationToken)
    {
        if (_member is not null && _rawBytes - _memberRawOffset >= TargetMemberRawBytes) await CloseMemberAsync().ConfigureAwait(false);
        _instructions.Read(raw.Span);
        if (!_instructions.AtBoundary) throw new EvidenceFormatException($"segment {_segments.Count} does not end at an instruction's end");
        OpenMember();
        await _member!.WriteAsync(raw, cancellationToken).ConfigureAwait(false);
        _raw.AppendData(raw.Span);
        _rawBytes += raw.Length;
        _segments.Add(compactHeader);
    }

    /// <summary>Ends the object and gives its index.</summary>
    public async ValueTask<RecordingIndex> FinishAsync(string organisation, string session)
    {
        if (_members.Count == 0) OpenMember();
        await CloseMemberAsync().ConfigureAwait(false);
        return new()
        {
            Organisation = organisation,
            Session = session,
            ObjectBytes = _object.Written,
            ObjectSha256 = _object.Digest(),
            RawBytes = _rawBytes,
            RawSha256 = Convert.ToHexStringLower(_raw.GetHashAndReset()),
            Members = _members,
            Segments = _segments,
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_member is not null) await _member.DisposeAsync().ConfigureAwait(false);
        _raw.Dispose();
        await _object.DisposeAsync().ConfigureAwait(false);
    }

    private void OpenMember()
    {
        if (_member is not null) return;
        (_memberOffset, _memberRawOffset) = (_object.Written, _rawBytes);
        _member = new GZipStream(_object, Compression, leaveOpen: true);
    }

    private async ValueTask CloseMemberAsync()
    {
        if (_member is null) return;
        // GZipStream writes nothing at all for empty input; a member must be there to be found.
        if (_rawBytes == _memberRawOffset) await _object.WriteAsync(GzipMembers.Empty).ConfigureAwait(false);
        await _member.DisposeAsync().ConfigureAwait(false);
        _member = null;
        _members.Add(new(_memberOffset, _object.Written - _memberOffset, _memberRawOffset, _rawBytes - _memberRawOffset));
    }
}
