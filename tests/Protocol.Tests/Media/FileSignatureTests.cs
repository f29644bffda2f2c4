using System.Text;
using WhatsApp.Protocol.Media;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class FileSignatureTests
{
    [Theory]
    [InlineData("ffd8ffe0", "image/jpeg")]
    [InlineData("89504e470d0a1a0a", "image/png")]
    [InlineData("474946383961", "image/gif")]
    [InlineData("524946460000000057454250", "image/webp")]
    [InlineData("524946460000000057415645", "audio/wav")]
    [InlineData("0000001866747970686569630000", "image/heic")]
    [InlineData("000000186674797069736f6d0000", "video/mp4")]
    [InlineData("00000018667479704d3441200000", "audio/mp4")]
    [InlineData("1a45dfa3", "video/webm")]
    [InlineData("494433", "audio/mpeg")]
    [InlineData("fffb9064", "audio/mpeg")]
    [InlineData("fff15080", "audio/aac")]
    [InlineData("255044462d312e37", "application/pdf")]
    [InlineData("504b0304", "application/zip")]
    [InlineData("00000000000000", "application/octet-stream")]
    [InlineData("", "application/octet-stream")]
    [InlineData("fffe6100", "application/octet-stream")]
    public void Files_are_known_by_their_first_bytes(string hex, string mimetype) => Assert.Equal(mimetype, FileSignature.Of(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("OggS\0\0\0\0 OpusHead", "audio/ogg; codecs=opus")]
    [InlineData("OggS\0\0\0\0 vorbis", "audio/ogg")]
    [InlineData("PK\u0003\u0004 ... word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    [InlineData("PK\u0003\u0004 ... xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    [InlineData("PK\u0003\u000412345678901234567890123456mimetypeapplication/epub+zipPK", "application/epub+zip")]
    [InlineData("  <!DOCTYPE html><p>", "text/html")]
    [InlineData("BEGIN:VCARD\nVERSION:3.0", "text/vcard")]
    [InlineData("Grüße, 🌮\r\n", "text/plain")]
    [InlineData("abc\u0001", "application/octet-stream")]
    public void Text_and_containers_are_looked_into(string content, string mimetype) => Assert.Equal(mimetype, FileSignature.Of(Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void A_character_cut_off_at_the_end_is_still_text() => Assert.Equal("text/plain", FileSignature.Of(Encoding.UTF8.GetBytes("x🌮").AsSpan(0, 3)));
}
