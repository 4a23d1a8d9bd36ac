using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.Tests.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Tests.Sessions;

/// <summary>Instruction and policy against what becomes of it, in both directions.</summary>
[Trait("Kind", "Fast")]
public sealed class SessionChannelsTests
{
    private const string Content = "some content";
    private static readonly string Blob = Convert.ToBase64String(Encoding.UTF8.GetBytes(Content));
    private static readonly string Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Content)));

    private readonly List<TransferNote> _notes = [];
    private readonly ManualTime _time = new();
    private readonly InstructionClassifier _classifier = new();

    [Theory]
    [InlineData("clipboard,1,text/plain", Channels.ClipboardIn, TransferKind.Clipboard, null)]
    [InlineData("file,1,text/plain,secret.txt", Channels.FileUpload, TransferKind.File, "secret.txt")]
    [InlineData("put,0,1,text/plain,/tmp/secret.txt", Channels.FileUpload, TransferKind.File, "/tmp/secret.txt")]
    internal void Person_AStream_PassesWhereItsChannelAloneIsOpen(string opening, Channels channel, TransferKind kind, string? name)
    {
        using var open = Channel("ssh", channel);
        Assert.Equal([ChannelVerdict.Pass, ChannelVerdict.Pass, ChannelVerdict.Pass], FromPerson(open, opening, $"blob,1,{Blob}", "end,1").Select(j => j.Verdict));
        var note = Assert.Single(_notes);
        Assert.Equal((kind, TransferDirection.In, TransferOutcome.Complete, name, (long)Content.Length, Sha256), (note.Kind, note.Direction, note.Outcome, note.Name, note.Size, note.Sha256));

        _notes.Clear();
        using var closed = Channel("ssh", ~channel);
        var judged = FromPerson(closed, opening, $"blob,1,{Blob}", "end,1");
        Assert.Equal(new ChannelJudgement(ChannelVerdict.Refuse, 1, GuacamoleStatus.ClientForbidden), judged[0]);
        Assert.Equal([ChannelVerdict.Drop, ChannelVerdict.Drop], judged[1..].Select(j => j.Verdict));
        var refused = Assert.Single(_notes);
        Assert.Equal((kind, TransferOutcome.Refused, 771, name, 0L, null), (refused.Kind, refused.Outcome, refused.Status, refused.Name, refused.Size, refused.Sha256));
    }

    [Fact]
    public void Person_Sound_PassesWhereItsChannelIsOpenAndIsNotNoted()
    {
        using var open = Channel("rdp", Channels.AudioIn);
        Assert.All(FromPerson(open, "audio,1,audio/L16;rate=8000", $"blob,1,{Blob}", "end,1"), judged => Assert.Equal(ChannelVerdict.Pass, judged.Verdict));
        Assert.Empty(_notes);

        using var closed = Channel("rdp", ~Channels.AudioIn);
        Assert.Equal(ChannelVerdict.Refuse, FromPerson(closed, "audio,1,audio/L16")[0].Verdict);
        Assert.Equal(TransferKind.Audio, Assert.Single(_notes).Kind);
    }

    [Theory]
    [InlineData("pipe,1,text/plain,name", ChannelVerdict.Refuse)]
    [InlineData("argv,1,text/plain,host-key", ChannelVerdict.Drop)]
    [InlineData("select,ssh", ChannelVerdict.Drop)]
    [InlineData("usbconnect,1", ChannelVerdict.Drop)]
    internal void Person_WhatNoChannelStandsFor_NeverPasses(string instruction, ChannelVerdict verdict)
    {
        using var channels = Channel("rdp", (Channels)127);

        Assert.Equal([verdict, ChannelVerdict.Drop], FromPerson(channels, instruction, $"blob,1,{Blob}").Select(j => j.Verdict));
    }

    [Theory]
    [InlineData(Channels.None, ChannelVerdict.Drop)]
    [InlineData(Channels.ClipboardIn | Channels.Printing, ChannelVerdict.Drop)]
    [InlineData(Channels.FileUpload, ChannelVerdict.Pass)]
    [InlineData(Channels.FileDownload, ChannelVerdict.Pass)]
    internal void Person_AsksForAFile_PassesWhereAFileMayCross(Channels open, ChannelVerdict verdict)
    {
        using var channels = Channel("ssh", open);

        Assert.Equal(verdict, FromPerson(channels, "get,0,/etc/passwd")[0].Verdict);
        Assert.Equal(verdict == ChannelVerdict.Drop ? 1 : 0, _notes.Count);
    }

    [Theory]
    [InlineData("ssh", "clipboard,2,text/plain", Channels.ClipboardOut, TransferKind.Clipboard, ChannelVerdict.Drop)]
    [InlineData("ssh", "file,2,application/octet-stream,a", Channels.FileDownload, TransferKind.File, ChannelVerdict.Refuse)]
    [InlineData("ssh", "file,2,application/pdf,a", Channels.FileDownload, TransferKind.File, ChannelVerdict.Refuse)]
    [InlineData("rdp", "file,2,application/pdf,a", Channels.Printing, TransferKind.Print, ChannelVerdict.Refuse)]
    [InlineData("rdp", "file,2,application/octet-stream,a", Channels.FileDownload, TransferKind.File, ChannelVerdict.Refuse)]
    [InlineData("ssh", "body,0,2,application/octet-stream,a", Channels.FileDownload, TransferKind.File, ChannelVerdict.Refuse)]
    [InlineData("ssh", "body,0,2,application/vnd.glyptodon.guacamole.stream-index+json,a", Channels.FileUpload | Channels.FileDownload, TransferKind.Listing, ChannelVerdict.Refuse)]
    internal void Guacd_AStream_PassesWhereItsChannelAloneIsOpen(string protocol, string opening, Channels channel, TransferKind kind, ChannelVerdict otherwise)
    {
        using var open = Channel(protocol, channel);
        Assert.All(FromGuacd(open, opening, $"blob,2,{Blob}", "end,2"), judged => Assert.Equal(ChannelVerdict.Pass, judged.Verdict));
        var note = Assert.Single(_notes);
        Assert.Equal((kind, TransferDirection.Out, TransferOutcome.Complete, Sha256), (note.Kind, note.Direction, note.Outcome, note.Sha256));

        _notes.Clear();
        using var closed = Channel(protocol, ~channel);
        Assert.Equal([otherwise, ChannelVerdict.Drop, ChannelVerdict.Drop], FromGuacd(closed, opening, $"blob,2,{Blob}", "end,2").Select(j => j.Verdict));
        Assert.Equal((kind, TransferOutcome.Refused), (Assert.Single(_notes).Kind, _notes[0].Outcome));
    }

    [Fact]
    public void Guacd_APipe_IsRefusedAlways()
    {
        using var channels = Channel("ssh", (Channels)127);

        Assert.Equal([ChannelVerdict.Refuse, ChannelVerdict.Drop], FromGuacd(channels, "pipe,2,application/octet-stream,STDOUT", $"blob,2,{Blob}").Select(j => j.Verdict));
    }

    [Fact]
    public void Guacd_Sound_PassesWhereItsChannelIsOpen()
    {
        using var open = Channel("rdp", Channels.AudioOut);
        Assert.All(FromGuacd(open, "audio,1,audio/L16", "blob,1,eA==", "end,1"), judged => Assert.Equal(ChannelVerdict.Pass, judged.Verdict));

        using var closed = Channel("rdp", ~Channels.AudioOut);
        Assert.All(FromGuacd(closed, "audio,1,audio/L16", "blob,1,eA==", "end,1"), judged => Assert.Equal(ChannelVerdict.Drop, judged.Verdict));
    }

    [Fact]
    public void Guacd_AFilesystem_IsShownWhereAFileMayCross()
    {
        using var open = Channel("ssh", Channels.FileUpload);
        Assert.All(FromGuacd(open, "filesystem,0,/", "undefine,0"), judged => Assert.Equal(ChannelVerdict.Pass, judged.Verdict));

        using var closed = Channel("ssh", ~(Channels.FileUpload | Channels.FileDownload));
        Assert.All(FromGuacd(closed, "filesystem,0,/", "undefine,0"), judged => Assert.Equal(ChannelVerdict.Drop, judged.Verdict));
    }

    [Theory]
    [InlineData("clipboard,x,text/plain")]
    [InlineData("clipboard,-1,text/plain")]
    [InlineData("clipboard,1024,text/plain")]
    [InlineData("clipboard,99999999999,text/plain")]
    [InlineData("clipboard,1")]
    [InlineData("clipboard")]
    [InlineData("put,0,x,text/plain,a")]
    [InlineData("blob,x,eA==")]
    [InlineData("end")]
    public void Person_AStreamThatNoneCanBe_BreaksTheProtocol(string instruction)
    {
        using var channels = Channel("ssh", (Channels)127);

        Assert.Equal(GuacamoleProtocolError.BadStream, Assert.Throws<GuacamoleProtocolException>(() => FromPerson(channels, instruction)).Reason);
    }

    [Theory]
    [InlineData("file,x,text/plain,a")]
    [InlineData("file,5000,text/plain,a")]
    [InlineData("body,0,x,text/plain,a")]
    [InlineData("clipboard,2")]
    public void Guacd_AStreamThatNoneCanBe_BreaksTheProtocol(string instruction)
    {
        using var channels = Channel("ssh", (Channels)127);

        Assert.Equal(GuacamoleProtocolError.BadStream, Assert.Throws<GuacamoleProtocolException>(() => FromGuacd(channels, instruction)).Reason);
    }

    [Theory]
    [InlineData("eA=")]
    [InlineData("eA= ")]
    [InlineData("e A==")]
    [InlineData("eA==    ")]
    [InlineData("eHh4    ")]
    [InlineData("====")]
    [InlineData("eA==eA==")]
    [InlineData("!!!!")]
    public void Blob_ThatIsNoBase64_BreaksTheProtocol(string blob)
    {
        using var channels = Channel("ssh", Channels.ClipboardIn);
        FromPerson(channels, "clipboard,1,text/plain");

        Assert.Throws<GuacamoleProtocolException>(() => FromPerson(channels, $"blob,1,{blob}"));
    }

    [Fact]
    public void Person_OnRelaysOwnStream_IsRefused()
    {
        using var channels = Channel("ssh", Channels.ClipboardIn);

        Assert.Equal([ChannelVerdict.Refuse, ChannelVerdict.Drop], FromPerson(channels, "clipboard,63,text/plain", "blob,63,eA==").Select(j => j.Verdict));
    }

    [Fact]
    public void Person_MoreStreamsThanAllowed_AreRefusedUntilOneEnds()
    {
        using var channels = Channel("ssh", Channels.FileUpload);
        for (var stream = 100; stream < 100 + SessionChannels.MaxOpen; stream++) Assert.Equal(ChannelVerdict.Pass, FromPerson(channels, $"file,{stream},text/plain,a")[0].Verdict);

        Assert.Equal(new ChannelJudgement(ChannelVerdict.Refuse, 7, GuacamoleStatus.ClientTooMany), FromPerson(channels, "file,7,text/plain,a")[0]);
        Assert.All(FromPerson(channels, "end,100", "file,7,text/plain,a"), judged => Assert.Equal(ChannelVerdict.Pass, judged.Verdict));
    }

    [Fact]
    public void Person_WhileHeLags_BeginsNothingAndMayFinish()
    {
        using var channels = Channel("ssh", Channels.ClipboardIn);
        FromPerson(channels, "clipboard,1,text/plain");

        Assert.All(Judge(channels, isBlind: true, isLocked: false, "blob,1,eA==", "end,1"), judged => Assert.Equal(ChannelVerdict.Pass, judged.Verdict));
        Assert.Equal(ChannelVerdict.Refuse, Judge(channels, isBlind: true, isLocked: false, "clipboard,1,text/plain")[0].Verdict);
    }

    [Fact]
    public void Person_WhileLocked_BeginsNothingAndWhatGoesOnIsCut()
    {
        using var channels = Channel("ssh", Channels.ClipboardIn | Channels.FileUpload);
        FromPerson(channels, "file,1,text/plain,a", "blob,1,eA==");

        Assert.Equal([ChannelVerdict.Cut, ChannelVerdict.Drop, ChannelVerdict.Drop], Judge(channels, isBlind: false, isLocked: true, "blob,1,eQ==", "blob,1,eQ==", "end,1").Select(j => j.Verdict));
        Assert.Equal(ChannelVerdict.Refuse, Judge(channels, isBlind: false, isLocked: true, "clipboard,2,text/plain")[0].Verdict);
        Assert.Equal((TransferOutcome.Aborted, 1L), (_notes[0].Outcome, _notes[0].Size));
    }

    [Fact]
    public void Upload_ThatGuacdFails_IsAbortedWithItsStatusAndMayOnlyEnd()
    {
        using var channels = Channel("ssh", Channels.FileUpload);
        FromPerson(channels, "file,1,text/plain,a", "blob,1,eA==");
        ChannelInstructions.Acknowledge("ack,1,OK,0", channels.GuacdAcknowledged);
        Assert.Empty(_notes);

        ChannelInstructions.Acknowledge("ack,1,SFTP: Write failed,512", channels.GuacdAcknowledged);

        Assert.Equal([ChannelVerdict.Drop, ChannelVerdict.Pass, ChannelVerdict.Drop], FromPerson(channels, "blob,1,eA==", "end,1", "end,1").Select(j => j.Verdict));
        Assert.Equal((TransferOutcome.Aborted, 512, 1L), (Assert.Single(_notes).Outcome, _notes[0].Status, _notes[0].Size));
    }

    [Fact]
    public void Download_ThatThePersonGivesUp_IsAbortedAndOver()
    {
        using var channels = Channel("ssh", Channels.FileDownload);
        FromGuacd(channels, "file,2,text/plain,a", "blob,2,eA==");

        ChannelInstructions.Acknowledge("ack,2,no,776", channels.PersonAcknowledged);

        Assert.Equal([ChannelVerdict.Drop, ChannelVerdict.Drop], FromGuacd(channels, "blob,2,eA==", "end,2").Select(j => j.Verdict));
        Assert.Equal((TransferOutcome.Aborted, 776), (Assert.Single(_notes).Outcome, _notes[0].Status));
    }

    [Fact]
    public void Index_GivenAgain_AbortsTheStreamBefore()
    {
        using var channels = Channel("ssh", Channels.ClipboardIn);
        FromPerson(channels, "clipboard,1,text/plain", "blob,1,eA==", "clipboard,1,text/plain", $"blob,1,{Blob}", "end,1");

        Assert.Equal([(TransferOutcome.Aborted, 1L), (TransferOutcome.Complete, Content.Length)], _notes.Select(note => (note.Outcome, note.Size)));
    }

    [Fact]
    public void Close_WhatIsOpen_IsAbortedAndNothingPassesAnyMore()
    {
        using var channels = Channel("ssh", Channels.ClipboardIn | Channels.ClipboardOut);
        FromPerson(channels, "clipboard,1,text/plain");
        FromGuacd(channels, "clipboard,2,text/plain");

        channels.Close();

        Assert.Equal([TransferOutcome.Aborted, TransferOutcome.Aborted], _notes.Select(note => note.Outcome));
        Assert.Equal([ChannelVerdict.Drop, ChannelVerdict.Drop], FromPerson(channels, "blob,1,eA==", "clipboard,1,text/plain").Select(j => j.Verdict));
    }

    [Fact]
    public void Note_OfWhatAnybodyMayWrite_IsBounded()
    {
        using var channels = Channel("ssh", Channels.FileUpload);

        FromPerson(channels, $"file,1,my password is hunter2,{new string('n', 1023)}\U0001F600", "end,1");

        Assert.Equal(("other", new string('n', 1023)), (_notes[0].Mimetype, _notes[0].Name));
        Assert.DoesNotContain("nnn", _notes[0].ToString(), StringComparison.Ordinal);
    }

    private SessionChannels Channel(string protocol, Channels open) => new(protocol, open, _notes.Add, _time);

    private static ChannelJudgement[] FromPerson(SessionChannels channels, params string[] instructions) => Judge(channels, false, false, instructions);

    private static ChannelJudgement[] Judge(SessionChannels channels, bool isBlind, bool isLocked, params string[] instructions) =>
        [.. instructions.Select(instruction => ChannelInstructions.With(instruction, (in Instruction parsed) => channels.FromPerson(parsed, isBlind, isLocked)))];

    private ChannelJudgement[] FromGuacd(SessionChannels channels, params string[] instructions) =>
        [.. instructions.Select(instruction => ChannelInstructions.With(instruction, (in Instruction parsed) => channels.FromGuacd(_classifier.Classify(parsed), parsed)))];
}
