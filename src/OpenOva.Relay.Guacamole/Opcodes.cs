namespace OpenOva.Relay.Guacamole;

/// <summary>The opcodes of guacd 1.6.0 and of its handshake, in UTF-8.</summary>
public static class Opcodes
{
    /// <summary>
    /// The empty opcode of a tunnel's own instructions (tunnel id, ping). Between a browser and its tunnel only: never forwarded to
    /// guacd, never recorded.
    /// </summary>
    public static ReadOnlySpan<byte> Internal => ""u8;

    /// <summary><c>ack</c></summary>
    public static ReadOnlySpan<byte> Ack => "ack"u8;

    /// <summary><c>args</c></summary>
    public static ReadOnlySpan<byte> Args => "args"u8;

    /// <summary><c>argv</c></summary>
    public static ReadOnlySpan<byte> Argv => "argv"u8;

    /// <summary><c>arc</c></summary>
    public static ReadOnlySpan<byte> Arc => "arc"u8;

    /// <summary><c>audio</c></summary>
    public static ReadOnlySpan<byte> Audio => "audio"u8;

    /// <summary><c>blob</c></summary>
    public static ReadOnlySpan<byte> Blob => "blob"u8;

    /// <summary><c>body</c></summary>
    public static ReadOnlySpan<byte> Body => "body"u8;

    /// <summary><c>cfill</c></summary>
    public static ReadOnlySpan<byte> Cfill => "cfill"u8;

    /// <summary><c>clip</c></summary>
    public static ReadOnlySpan<byte> Clip => "clip"u8;

    /// <summary><c>clipboard</c></summary>
    public static ReadOnlySpan<byte> Clipboard => "clipboard"u8;

    /// <summary><c>close</c></summary>
    public static ReadOnlySpan<byte> Close => "close"u8;

    /// <summary><c>connect</c></summary>
    public static ReadOnlySpan<byte> Connect => "connect"u8;

    /// <summary><c>copy</c></summary>
    public static ReadOnlySpan<byte> Copy => "copy"u8;

    /// <summary><c>cstroke</c></summary>
    public static ReadOnlySpan<byte> Cstroke => "cstroke"u8;

    /// <summary><c>cursor</c></summary>
    public static ReadOnlySpan<byte> Cursor => "cursor"u8;

    /// <summary><c>curve</c></summary>
    public static ReadOnlySpan<byte> Curve => "curve"u8;

    /// <summary><c>disconnect</c></summary>
    public static ReadOnlySpan<byte> Disconnect => "disconnect"u8;

    /// <summary><c>dispose</c></summary>
    public static ReadOnlySpan<byte> Dispose => "dispose"u8;

    /// <summary><c>distort</c></summary>
    public static ReadOnlySpan<byte> Distort => "distort"u8;

    /// <summary><c>end</c></summary>
    public static ReadOnlySpan<byte> End => "end"u8;

    /// <summary><c>error</c></summary>
    public static ReadOnlySpan<byte> Error => "error"u8;

    /// <summary><c>file</c></summary>
    public static ReadOnlySpan<byte> File => "file"u8;

    /// <summary><c>filesystem</c></summary>
    public static ReadOnlySpan<byte> Filesystem => "filesystem"u8;

    /// <summary><c>get</c></summary>
    public static ReadOnlySpan<byte> Get => "get"u8;

    /// <summary><c>identity</c></summary>
    public static ReadOnlySpan<byte> Identity => "identity"u8;

    /// <summary><c>image</c></summary>
    public static ReadOnlySpan<byte> Image => "image"u8;

    /// <summary><c>img</c></summary>
    public static ReadOnlySpan<byte> Img => "img"u8;

    /// <summary><c>key</c></summary>
    public static ReadOnlySpan<byte> Key => "key"u8;

    /// <summary><c>lfill</c></summary>
    public static ReadOnlySpan<byte> Lfill => "lfill"u8;

    /// <summary><c>line</c></summary>
    public static ReadOnlySpan<byte> Line => "line"u8;

    /// <summary><c>log</c></summary>
    public static ReadOnlySpan<byte> Log => "log"u8;

    /// <summary><c>lstroke</c></summary>
    public static ReadOnlySpan<byte> Lstroke => "lstroke"u8;

    /// <summary><c>mouse</c></summary>
    public static ReadOnlySpan<byte> Mouse => "mouse"u8;

    /// <summary><c>move</c></summary>
    public static ReadOnlySpan<byte> Move => "move"u8;

    /// <summary><c>msg</c></summary>
    public static ReadOnlySpan<byte> Msg => "msg"u8;

    /// <summary><c>name</c></summary>
    public static ReadOnlySpan<byte> Name => "name"u8;

    /// <summary><c>nest</c></summary>
    public static ReadOnlySpan<byte> Nest => "nest"u8;

    /// <summary><c>nop</c></summary>
    public static ReadOnlySpan<byte> Nop => "nop"u8;

    /// <summary><c>pipe</c></summary>
    public static ReadOnlySpan<byte> Pipe => "pipe"u8;

    /// <summary><c>pop</c></summary>
    public static ReadOnlySpan<byte> Pop => "pop"u8;

    /// <summary><c>push</c></summary>
    public static ReadOnlySpan<byte> Push => "push"u8;

    /// <summary><c>put</c></summary>
    public static ReadOnlySpan<byte> Put => "put"u8;

    /// <summary><c>ready</c></summary>
    public static ReadOnlySpan<byte> Ready => "ready"u8;

    /// <summary><c>rect</c></summary>
    public static ReadOnlySpan<byte> Rect => "rect"u8;

    /// <summary><c>required</c></summary>
    public static ReadOnlySpan<byte> Required => "required"u8;

    /// <summary><c>reset</c></summary>
    public static ReadOnlySpan<byte> Reset => "reset"u8;

    /// <summary><c>select</c></summary>
    public static ReadOnlySpan<byte> Select => "select"u8;

    /// <summary><c>set</c></summary>
    public static ReadOnlySpan<byte> Set => "set"u8;

    /// <summary><c>shade</c></summary>
    public static ReadOnlySpan<byte> Shade => "shade"u8;

    /// <summary><c>size</c></summary>
    public static ReadOnlySpan<byte> Size => "size"u8;

    /// <summary><c>start</c></summary>
    public static ReadOnlySpan<byte> Start => "start"u8;

    /// <summary><c>sync</c></summary>
    public static ReadOnlySpan<byte> Sync => "sync"u8;

    /// <summary><c>timezone</c></summary>
    public static ReadOnlySpan<byte> Timezone => "timezone"u8;

    /// <summary><c>touch</c></summary>
    public static ReadOnlySpan<byte> Touch => "touch"u8;

    /// <summary><c>transfer</c></summary>
    public static ReadOnlySpan<byte> Transfer => "transfer"u8;

    /// <summary><c>transform</c></summary>
    public static ReadOnlySpan<byte> Transform => "transform"u8;

    /// <summary><c>undefine</c></summary>
    public static ReadOnlySpan<byte> Undefine => "undefine"u8;

    /// <summary><c>video</c></summary>
    public static ReadOnlySpan<byte> Video => "video"u8;
}
