using System.Globalization;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Media;

namespace WhatsApp.Grains.Media;

/// <summary>The refusals of media, as rest-api part A names them.</summary>
internal static class MediaProblems
{
    public static InstanceProblemException TooLarge(string field, long limit) =>
        Of("media-too-large", field, $"the file is larger than {limit.ToString("N0", CultureInfo.InvariantCulture)} bytes");

    public static InstanceProblemException Blocked(string field, string why) => Of("media-url-blocked", field, why);

    public static InstanceProblemException NotFetched(string field, string why, int? status = null) => Of("media-fetch-failed", field, why, status);

    public static InstanceProblemException NotFound(string field) => Of("media-not-found", field, "there is no such file, or its time is over");

    /// <summary>What a conversion's failure means to whoever sends.</summary>
    public static SendFailedException Of(MediaConversionException failure) =>
        new(failure.Failure == ConversionFailure.TooLarge ? "media-too-large" : "unsupported-media-type", failure.Message);

    private static InstanceProblemException Of(string code, string field, string why, int? status = null)
    {
        var facts = new Dictionary<string, string> { ["pointer"] = "/" + field };
        if (status is { } number)
            facts["upstreamStatus"] = number.ToString(CultureInfo.InvariantCulture);
        return new InstanceProblemException(code, why, facts);
    }
}
