using System.Security.Cryptography;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>Bytes with another hash than promised never make a whole request, even for a store that checks nothing.</summary>
[Trait("Kind", "Fast")]
public sealed class SentContentTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
    private int _progress;

    [Theory]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(4096)]
    public async Task Read_WrongHash_KeepsTheLastBytesBack(int buffer)
    {
        await using var content = Content(Bytes, new string('0', 64));
        var sent = 0;

        await Assert.ThrowsAsync<ObjectChecksumException>(async () =>
        {
            int read;
            while ((read = await content.ReadAsync(new byte[buffer], TestContext.Current.CancellationToken)) > 0) sent += read;
        });

        Assert.InRange(sent, 0, 999);
        Assert.NotNull(content.Failure);
    }

    [Fact]
    public void Open_EmptyWithAnotherHash_IsRefusedAtOnce() => Assert.Throws<ObjectChecksumException>(() => Content([], new string('0', 64)));

    [Fact]
    public async Task Read_AgainFromTheStart_IsTheSame()
    {
        await using var content = Content(Bytes, Convert.ToHexStringLower(SHA256.HashData(Bytes.AsSpan(100))), from: 100);
        content.ReadExactly(new byte[300]);

        content.Position = 0;
        using var read = new MemoryStream();
        await content.CopyToAsync(read, TestContext.Current.CancellationToken);

        Assert.Equal(Bytes[100..], read.ToArray());
        Assert.True(_progress >= 2);
    }

    [Fact]
    public async Task Read_SourceBecameShorter_IsNoEnd()
    {
        using var source = new MemoryStream(Bytes);
        await using var content = new SentContent(source, 0, 1001, null, () => { }, () => { });

        await Assert.ThrowsAsync<EndOfStreamException>(() => content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
    }

    private SentContent Content(byte[] bytes, string sha256, long from = 0) => new(
        new MemoryStream(bytes), from, bytes.Length - from, sha256, () => _progress++, () => throw new ObjectChecksumException("b", "k", "wrong"));
}
