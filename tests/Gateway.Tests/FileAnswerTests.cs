using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using WhatsApp.Gateway.Endpoints;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Gateway.Tests;

/// <summary>How a stranger's file is handed to a browser.</summary>
public sealed class FileAnswerTests
{
    private static readonly FileReport File = new("stored") { FileName = "offer.pdf", Sha256 = "abc=", Size = 10, ObjectKey = "x" };

    private static async Task<HttpResponse> AnswerAsync(FileReport file, string contentType = "application/pdf", Action<HttpRequest>? request = null)
    {
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().BuildServiceProvider() };
        context.Response.Body = new MemoryStream();
        context.Request.Method = "GET";
        request?.Invoke(context.Request);
        await new FileAnswer(file, new StoredObject(new MemoryStream(new byte[10]), 10, contentType, 0, 10), isPart: false).ExecuteAsync(context);
        return context.Response;
    }

    [Theory]
    [InlineData("image/png", "inline")]
    [InlineData("video/mp4", "inline")]
    [InlineData("audio/ogg; codecs=opus", "inline")]
    [InlineData("application/pdf", "inline")]
    [InlineData("text/html", "attachment")]
    [InlineData("image/svg+xml", "attachment")]
    [InlineData("application/octet-stream", "attachment")]
    public async Task Only_what_cannot_act_is_shown_in_place(string contentType, string disposition)
    {
        var response = await AnswerAsync(File, contentType);

        Assert.StartsWith(disposition + "; filename=", response.Headers.ContentDisposition.ToString(), StringComparison.Ordinal);
        Assert.Equal(("nosniff", "default-src 'none'; sandbox", contentType), (response.Headers.XContentTypeOptions.ToString(), response.Headers.ContentSecurityPolicy.ToString(), response.ContentType));
        Assert.Equal(10, response.Body.Length);
    }

    [Theory]
    [InlineData("../../etc/passwd", "_.._etc_passwd")]
    [InlineData("a\"; filename=\"b.exe", "a_; filename=_b.exe")]
    [InlineData("  . ", null)]
    [InlineData(null, null)]
    [InlineData("ação.pdf", "ação.pdf")]
    public void A_name_is_never_more_than_a_name(string? given, string? safe) => Assert.Equal(safe, FileAnswer.SafeName(given));

    [Fact]
    public async Task A_name_of_any_letters_survives_the_header()
    {
        var header = (await AnswerAsync(File with { FileName = "ação 😀.pdf" })).Headers.ContentDisposition.ToString();

        Assert.Contains("filename*=UTF-8''a%C3%A7%C3%A3o%20%F0%9F%98%80.pdf", header, StringComparison.Ordinal);
        Assert.True(header.All(char.IsAscii));
    }

    [Fact]
    public async Task A_file_that_the_caller_has_already_is_not_sent_again()
    {
        var response = await AnswerAsync(File, request: request => request.Headers.IfNoneMatch = "\"abc=\"");

        Assert.Equal((304, 0L), (response.StatusCode, response.Body.Length));
        Assert.Equal("\"abc=\"", response.Headers.ETag.ToString());
    }

    [Theory]
    [InlineData("bytes=0-0", null, 0L, 0L)]
    [InlineData("bytes=5-", null, 5L, null)]
    [InlineData("bytes=-3", null, 7L, null)]
    [InlineData("bytes=-30", null, 0L, null)]
    [InlineData("bytes=2-4", "\"abc=\"", 2L, 4L)]
    public void One_part_can_be_asked_for(string range, string? condition, long from, long? to) =>
        Assert.Equal(new ByteRange(from, to), RangeOf(range, condition));

    [Theory]
    [InlineData("bytes=0-1,4-5", null)]
    [InlineData("items=0-1", null)]
    [InlineData("bytes=x", null)]
    [InlineData("bytes=4-2", null)]
    [InlineData("bytes=2-4", "\"other\"")]
    public void Everything_else_gets_the_whole_file(string range, string? condition) => Assert.Null(RangeOf(range, condition));

    private static ByteRange? RangeOf(string range, string? condition)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Range = range;
        if (condition is not null)
            request.Headers.IfRange = condition;
        return FileRange.Of(request, 10, "\"abc=\"");
    }
}
