using System.Text.Json;
using System.Text.Json.Serialization;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Protocol.Media;

namespace WhatsApp.Grains.Media;

/// <summary>
/// All that is needed to make an uploaded file of a stored one: what a held message remembers (<see cref="IHeldMessages"/>). As text it is JSON of some hundred characters.
/// </summary>
internal sealed record MediaRecipe(MediaKind Kind, StagedMedia File)
{
    private static readonly JsonSerializerOptions Form = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    public string? Mimetype { get; init; }
    public bool Hd { get; init; }
    public bool Convert { get; init; }
    public byte[]? Waveform { get; init; }
    public string? Pack { get; init; }
    public string? Author { get; init; }

    public static MediaRecipe Of(MediaContent content) => new(content.Kind, content.File with { FileName = null, Sha256 = "" })
    {
        Mimetype = content.Mimetype,
        Hd = content.Hd,
        Convert = content.Convert,
        Waveform = content.Waveform,
        Pack = content.Pack,
        Author = content.Author,
    };

    public static MediaRecipe? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<MediaRecipe>(text, Form);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string ToText() => JsonSerializer.Serialize(this, Form);

    /// <summary>The message's content while the file is not there.</summary>
    public static OutgoingMedia Held(MediaContent content) => new(new MediaDescriptor(TypeOf(content.Kind)) { Mimetype = content.Mimetype ?? content.File.Mimetype })
    {
        Recipe = Of(content).ToText(),
        Caption = content.Caption,
        FileName = content.FileName ?? content.File.FileName,
        ViewOnce = content.ViewOnce,
    };

    public static MediaType TypeOf(MediaKind kind) => kind switch
    {
        MediaKind.Image => MediaType.Image,
        MediaKind.Video => MediaType.Video,
        MediaKind.Gif => MediaType.Gif,
        MediaKind.VideoNote => MediaType.VideoNote,
        MediaKind.Audio => MediaType.Audio,
        MediaKind.Voice => MediaType.Voice,
        MediaKind.Sticker => MediaType.Sticker,
        _ => MediaType.Document,
    };
}
