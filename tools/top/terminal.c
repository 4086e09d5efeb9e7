/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <fcntl.h>
#include <limits.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

static FILE *keyboard; /* of our own where standard input is no terminal */
static SCREEN *shown;
static int keyboard_fd = STDIN_FILENO;
static bool has_colors_now;

/* For terminal_abandon(): its modes as they were found, and what brings its own screen back. */
static struct {
	bool known;
	struct termios modes;
	size_t length;
	char text[256];
} found;

/* Colour pairs, and what stands for the colour where there is none. */
static const struct {
	short foreground, background;
	attr_t with_color, without;
} looks[STYLES] = {
	[STYLE_PLAIN] = { -1, -1, A_NORMAL, A_NORMAL },
	[STYLE_STRONG] = { -1, -1, A_BOLD, A_BOLD },
	[STYLE_DIM] = { -1, -1, A_DIM, A_DIM },
	[STYLE_GOOD] = { COLOR_GREEN, -1, A_NORMAL, A_NORMAL },
	[STYLE_WARNING] = { COLOR_YELLOW, -1, A_NORMAL, A_NORMAL },
	[STYLE_BAD] = { COLOR_RED, -1, A_BOLD, A_BOLD },
	[STYLE_BAR] = { COLOR_GREEN, -1, A_NORMAL, A_NORMAL },
	[STYLE_HEADER] = { COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE },
	[STYLE_SORTED] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE | A_BOLD | A_UNDERLINE },
	[STYLE_SELECTED] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE },
	[STYLE_KEY] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE },
};

static bool able(void)
{
	int error = 0;
	const char *move;
	bool fine;

	if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
		return false;
	move = tigetstr("cup");
	fine = move && move != (char *)-1 && !tigetflag("hc");
	del_curterm(cur_term);
	return fine;
}

static bool open_keyboard(void)
{
	int fd;

	if (isatty(STDIN_FILENO))
		return true;
	fd = open("/dev/tty", O_RDONLY | O_CLOEXEC);
	keyboard = fd < 0 ? NULL : fdopen(fd, "r");
	if (!keyboard) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	keyboard_fd = fd;
	return true;
}

static int put_found(int character)
{
	if (found.length == sizeof(found.text))
		return EOF;
	found.text[found.length++] = (char)character;
	return character;
}

static void prepare_abandoning(bool mouse)
{
	const char *const sequences[] = { mouse && key_mouse ? "\033[?1000l\033[?1006l" : NULL,
		keypad_local, exit_attribute_mode, orig_pair, cursor_normal, exit_ca_mode };

	for (size_t i = 0; i < sizeof(sequences) / sizeof(*sequences); i++)
		if (sequences[i])
			tputs(sequences[i], 1, put_found);
}

static void set_up(bool mouse)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	has_colors_now = has_colors() && start_color() == OK;
	if (has_colors_now) {
		use_default_colors();
		for (short i = 0; i < STYLES; i++)
			init_pair((short)(i + 1), looks[i].foreground, looks[i].background);
	}
	if (mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0);
	}
}

const char *terminal_begin(bool mouse)
{
	const char *term = getenv("TERM");

	if (!term || !*term)
		return "TERM is not set";
	found.known = !tcgetattr(STDOUT_FILENO, &found.modes);
	if (!able())
		return "this terminal (TERM) cannot show a screen";
	if (!open_keyboard())
		return "there is no keyboard to read from";
	shown = newterm(NULL, stdout, keyboard ? keyboard : stdin);
	if (!shown)
		return "this terminal (TERM) cannot show a screen";
	prepare_abandoning(mouse);
	set_up(mouse);
	return NULL;
}

void terminal_end(void)
{
	endwin();
	delscreen(shown);
	if (keyboard)
		fclose(keyboard);
}

void terminal_abandon(void)
{
	ssize_t written = 0;
	int fd;

	tcflush(STDOUT_FILENO, TCOFLUSH);
	if (found.known)
		tcsetattr(STDOUT_FILENO, TCSANOW, &found.modes);
	/* Of its own, so that others' writes go on waiting. */
	fd = open("/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		written = write(fd, found.text, found.length);
	(void)written; /* or it stays as it is: it takes nothing */
	_exit(0);
}

int terminal_fd(void)
{
	return keyboard_fd;
}

bool terminal_gone(void)
{
	int waiting = 0;

	return ioctl(keyboard_fd, FIONREAD, &waiting) || !waiting;
}

void terminal_size(int *width, int *height)
{
	getmaxyx(stdscr, *height, *width);
}

void terminal_resized(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

static void put_cell(const struct cell *cell, bool color)
{
	wchar_t characters[CCHARW_MAX] = { (wchar_t)cell->code, (wchar_t)cell->mark };
	bool colored = color && has_colors_now;
	short pair = colored ? (short)(cell->style + 1) : 0;
	cchar_t shape;

	setcchar(&shape, characters,
		colored ? looks[cell->style].with_color : looks[cell->style].without, pair, NULL);
	add_wch(&shape);
}

void terminal_draw(const struct screen *screen, bool color, bool anew)
{
	for (int y = 0; y < screen->height; y++) {
		for (int x = 0; x < screen->width; x++) {
			const struct cell *cell = &screen->cells[y * screen->width + x];

			if (!cell->code)
				continue;
			move(y, x);
			put_cell(cell, color);
		}
	}
	if (anew)
		clearok(curscr, TRUE);
	refresh();
}

static const struct {
	int code;
	uint32_t key;
} known[] = { { KEY_UP, PRESS_UP }, { KEY_DOWN, PRESS_DOWN }, { KEY_PPAGE, PRESS_PAGE_UP },
	{ KEY_NPAGE, PRESS_PAGE_DOWN }, { KEY_HOME, PRESS_HOME }, { KEY_FIND, PRESS_HOME },
	{ KEY_END, PRESS_END }, { KEY_SELECT, PRESS_END }, { KEY_ENTER, PRESS_ENTER },
	{ KEY_BACKSPACE, PRESS_BACKSPACE }, { KEY_DC, PRESS_BACKSPACE } };

static enum terminal_read read_mouse(struct input *input)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return TERMINAL_OTHER;
	input->x = event.x;
	input->y = event.y;
	if (event.bstate & BUTTON1_PRESSED)
		input->key = PRESS_CLICK;
	else if (event.bstate & BUTTON4_PRESSED)
		input->key = PRESS_WHEEL_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		input->key = PRESS_WHEEL_DOWN;
	else
		return TERMINAL_OTHER;
	return TERMINAL_INPUT;
}

static enum terminal_read read_special(struct input *input, int code)
{
	if (code == KEY_MOUSE)
		return read_mouse(input);
	if (code > KEY_F(0) && code <= KEY_F(12)) {
		input->key = PRESS_F0 + (uint32_t)(code - KEY_F(0));
		return TERMINAL_INPUT;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (known[i].code != code)
			continue;
		input->key = known[i].key;
		return TERMINAL_INPUT;
	}
	return TERMINAL_OTHER;
}

/*
 * Characters come byte by byte. What is none in this locale, or only a part of one, means nothing;
 * the byte after it may well.
 */
static enum terminal_read read_character(struct input *input, char byte)
{
	static mbstate_t state;
	bool fresh = mbsinit(&state);
	wchar_t character;
	size_t length = mbrtowc(&character, &byte, 1, &state);

	if (length == (size_t)-1) {
		memset(&state, 0, sizeof(state));
		return fresh ? TERMINAL_OTHER : read_character(input, byte);
	}
	if (length == (size_t)-2)
		return TERMINAL_OTHER;
	input->key = (uint32_t)character;
	if (input->key == 27)
		input->key = PRESS_ESCAPE;
	else if (input->key == '\r' || input->key == '\n')
		input->key = PRESS_ENTER;
	else if (input->key == 127 || input->key == 8)
		input->key = PRESS_BACKSPACE;
	return TERMINAL_INPUT;
}

enum terminal_read terminal_read(struct input *input)
{
	int code = getch();

	*input = (struct input){ 0 };
	if (code == ERR)
		return TERMINAL_NOTHING;
	return code > UCHAR_MAX ? read_special(input, code) : read_character(input, (char)code);
}
