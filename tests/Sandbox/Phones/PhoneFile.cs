using Google.Protobuf;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;
using WhatsApp.Sandbox.Media;

namespace WhatsApp.Sandbox.Phones;

/// <summary>A file of a phone on the media hosts, and how messages speak of it (wire/05 §8).</summary>
internal sealed record PhoneFile(MediaType Type, byte[] Key, EncryptedMedia Facts, string Url, string DirectPath, string Mimetype, long Now)
{
    private static readonly HttpClient Http = new();

    /// <summary>The kind of file a message type has, or null.</summary>
    public static MediaType? TypeOf(string kind) => kind switch
    {
        "image" => MediaType.Image,
        "video" => MediaType.Video,
        "gif" => MediaType.Gif,
        "videonote" => MediaType.VideoNote,
        "audio" => MediaType.Audio,
        "ptt" => MediaType.Voice,
        "document" => MediaType.Document,
        "sticker" => MediaType.Sticker,
        _ => null,
    };

    /// <summary>Encrypts the file of a writing and puts it on the shelf, in constant memory.</summary>
    public static async Task<PhoneFile> UploadAsync(SandboxServer server, PhoneWriting writing, MediaType type, CancellationToken cancellationToken)
    {
        var key = MediaKeys.NewMediaKey();
        var path = server.Media.NewDiskPath();
        var head = new byte[FileSignature.HeadLength];
        EncryptedMedia facts;
        await using (var source = new PeekedStream(await SourceAsync(writing, cancellationToken), head))
        await using (var disk = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous))
        {
            facts = await MediaCipher.EncryptAsync(source, disk, key, type, cancellationToken: cancellationToken);
            head = head[..source.Peeked];
        }
        var kind = type.MmsType;
        var directPath = server.Media.Take(path, facts.FileEncSha256, kind).DirectPath + MediaHost.Query(server);
        return new PhoneFile(type, key, facts, $"https://{server.MediaHosts[0]}{directPath}", directPath, writing.Mimetype ?? FileSignature.Of(head), server.Now);
    }

    /// <summary>The content that speaks of the file.</summary>
    public Message Compose(PhoneWriting writing)
    {
        var message = Type.Name switch
        {
            "image" => new Message { ImageMessage = new() { Caption = writing.Text ?? "", Width = writing.Width ?? 0, Height = writing.Height ?? 0, ViewOnce = writing.ViewOnce } },
            "video" or "gif" => new Message { VideoMessage = Video(writing) },
            "ptv" => new Message { PtvMessage = Video(writing) },
            "audio" or "ptt" => new Message { AudioMessage = Audio(writing) },
            "document" => new Message { DocumentMessage = new() { Caption = writing.Text ?? "", FileName = writing.FileName ?? "file", Title = writing.FileName ?? "file" } },
            _ => new Message { StickerMessage = new() { Width = writing.Width ?? 512, Height = writing.Height ?? 512, IsAnimated = writing.Animated } },
        };
        Fill(message);
        return message;
    }

    private Message.Types.VideoMessage Video(PhoneWriting writing) => new()
    {
        Caption = writing.Text ?? "",
        Seconds = writing.Seconds ?? 1,
        Width = writing.Width ?? 0,
        Height = writing.Height ?? 0,
        GifPlayback = Type == MediaType.Gif,
        ViewOnce = writing.ViewOnce,
    };

    private Message.Types.AudioMessage Audio(PhoneWriting writing) => new()
    {
        Ptt = Type == MediaType.Voice,
        Seconds = writing.Seconds ?? 1,
        Waveform = writing.Waveform is { } waveform ? ByteString.FromBase64(waveform) : ByteString.Empty,
        ViewOnce = writing.ViewOnce,
    };

    /// <summary>The fields all files have, by name: the seven messages have no common type.</summary>
    private void Fill(Message message)
    {
        IMessage file = message.ImageMessage ?? message.VideoMessage ?? message.PtvMessage ?? message.AudioMessage ?? message.DocumentMessage
            ?? (IMessage)message.StickerMessage;
        Set("url", Url);
        Set("directPath", DirectPath);
        Set("mediaKey", ByteString.CopyFrom(Key));
        Set("fileSha256", ByteString.CopyFrom(Facts.FileSha256));
        Set("fileEncSha256", ByteString.CopyFrom(Facts.FileEncSha256));
        Set("fileLength", (ulong)Facts.FileLength);
        Set("mimetype", Mimetype);
        Set("mediaKeyTimestamp", Now);

        void Set(string name, object value) => file.Descriptor.Fields.InDeclarationOrder().First(field => field.JsonName == name).Accessor.SetValue(file, value);
    }

    private static async Task<Stream> SourceAsync(PhoneWriting writing, CancellationToken cancellationToken)
    {
        if (writing.Path is { } path)
            return File.OpenRead(path);
        if (writing.Url is { } url)
            return await FetchAsync(url, cancellationToken);
        try
        {
            var base64 = PhoneWriting.Needed(writing.Base64, "url or base64");
            return new MemoryStream(Convert.FromBase64String(base64.StartsWith("data:", StringComparison.Ordinal) ? base64[(base64.IndexOf(',', StringComparison.Ordinal) + 1)..] : base64));
        }
        catch (FormatException problem)
        {
            throw new ArgumentException("base64 is not base64", nameof(writing), problem);
        }
    }

    private static async Task<Stream> FetchAsync(string url, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException("url is not an address", nameof(url));
        try
        {
            return await Http.GetStreamAsync(address, cancellationToken);
        }
        catch (HttpRequestException)
        {
            throw new PhoneException("the url gave no file");
        }
    }

    /// <summary>Passes a stream on and keeps a copy of its beginning.</summary>
    private sealed class PeekedStream(Stream inner, byte[] head) : Stream
    {
        public int Peeked { get; private set; }
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Keep(buffer.AsSpan(offset, count), inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            return Keep(buffer.Span, read);
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }

        private int Keep(ReadOnlySpan<byte> buffer, int read)
        {
            var kept = Math.Min(read, head.Length - Peeked);
            buffer[..kept].CopyTo(head.AsSpan(Peeked));
            Peeked += kept;
            return read;
        }
    }
}
